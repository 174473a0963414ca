using System.Collections.Concurrent;
using GpuStyle.Benchmarks;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// Every kernel through the compilers of those who make GPUs: none is refused, and none keeps registers in memory but those named here.
/// </summary>
[Trait("Needs", "processes")]
[Trait("Takes", "long")]
public sealed class VendorCompilerTests
{
    /// <summary>The oldest chip, the largest and the newest of consumer cards; <c>benchmarks kernel-report</c> goes through all.</summary>
    [Theory]
    [InlineData("sm_75")]
    [InlineData("sm_90")]
    [InlineData("sm_120")]
    public void Nvidia_takes_every_kernel(string chip)
    {
        string? assembler = CompilerProcess.Find("ptxas") ?? SharedFiles.Path("gpu-compilers/nvidia/bin/assemble");
        Assert.SkipWhen(assembler is null, "needs NVIDIA's ptxas on the path, or ../shared/gpu-compilers");
        var compiler = new NvidiaCompiler(assembler, null, chip);
        Assert.Empty(Faults(compiler, compiler.Kernels));
    }

    [Fact]
    public void Amd_takes_every_kernel()
    {
        Assert.SkipUnless(AmdCompiler.IsThere, "needs clang-19 and rocm-device-libs");
        Assert.Empty(Faults(new AmdCompiler("gfx1030"), GpuKernels.OfOpenCl));
    }

    /// <summary>64 sums a thread and the addresses of four positions are more than the 128 registers of Intel's older GPUs.</summary>
    [Fact]
    public void Intel_takes_every_kernel()
    {
        Assert.SkipUnless(IntelCompiler.IsThere, "needs intel-opencl-icd");
        Assert.Equal(["TiledConvolution.Kernel<GpuTiling> spills", "TiledConvolution.ThinKernel<GpuTiling> spills"],
            Faults(new IntelCompiler("skl"), GpuKernels.OfOpenCl));
    }

    /// <summary>The kernels that are refused or spill, with why.</summary>
    static IEnumerable<string> Faults(IVendorCompiler compiler, IEnumerable<string> kernels)
    {
        var faults = new ConcurrentBag<string>();
        Parallel.ForEach(kernels, kernel =>
        {
            var made = compiler.Compile(kernel);
            if (made.Refused is { } reason) faults.Add($"{kernel}: {reason}");
            if (made.Spilled > 0) faults.Add($"{kernel} spills");
        });
        return faults.Order(StringComparer.Ordinal);
    }
}
