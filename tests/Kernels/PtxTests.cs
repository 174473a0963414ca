using System.Text.RegularExpressions;
using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// What an NVIDIA driver would be given, looked at without one: every kernel compiles to PTX that calls nothing, spills nothing
/// into thread-local memory, and knows the address space of every load and store. Whether it computes what it should is for
/// the other tests to say.
/// </summary>
[Trait("Takes", "long")]
public sealed partial class PtxTests
{
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kernels_compile_to_plain_PTX(string kernel)
    {
        string ptx = GpuKernels.Ptx(kernel);
        Assert.Contains(".entry", ptx);
        Assert.DoesNotContain(".extern .func", ptx);
        Assert.DoesNotContain(".local", ptx);
        Assert.DoesNotMatch(Call(), ptx);
        Assert.DoesNotMatch(GenericAccess(), ptx);
    }

    /// <summary>
    /// Static shared memory has 48 KiB, whatever the GPU. Registers: what a kernel's bounds leave it, else 168, with which 384
    /// threads work on a multiprocessor at once.
    /// </summary>
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kernels_fit_their_multiprocessor(string kernel)
    {
        string ptx = GpuKernels.Ptx(kernel);
        Assert.InRange(Shared().Matches(ptx).Sum(m => int.Parse(m.Groups[1].Value)), 0, 48 * 1024);
        int registers = new PtxGraph(ptx).MostAlive(), most = 168;
        if (KernelBounds.Of(GpuKernels.All[kernel]) is { MaxNumThreadsPerGroup: { } threads, MinNumGroupsPerMultiprocessor: { } groups })
        {
            most = KernelBounds.Registers / (threads * groups);
            Assert.Contains($".maxntid {threads}", ptx);
            Assert.Contains($".minnctapersm {groups}", ptx);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{kernel}: {registers} registers alive");
        Assert.InRange(registers, 1, most);
    }

    /// <summary>
    /// What the loop of a kernel for tensor cores is made of: products, 16-byte loads of their operands (two for each row of fragments and one for
    /// each column, in a convolution), asynchronous copies, one barrier, and 16-byte loads of what is read ahead.
    /// </summary>
    [Theory]
    [InlineData("TensorCoreConvolution.Kernel<HardwareCore<Tf32Format>, NarrowWidth, PlainSource>", 32, "m16n8k8", 12, 2, 1, 1)]
    [InlineData("TensorCoreConvolution.Kernel<HardwareCore<Tf32Format>, NarrowWidth, AverageSource>", 32, "m16n8k8", 12, 2, 2, 1)]
    [InlineData("TensorCoreConvolution.Kernel<HardwareCore<Tf32Format>, WideWidth, PlainSource>", 64, "m16n8k8", 16, 4, 1, 1)]
    [InlineData("TensorCoreConvolution.Kernel<HardwareCore<Tf32Format>, WideWidth, AverageSource>", 64, "m16n8k8", 16, 4, 2, 1)]
    [InlineData("TensorCoreConvolution.Kernel<HardwareCore<Float16Format>, NarrowWidth, PlainSource>", 32, "m16n8k16", 12, 2, 2, 1)]
    [InlineData("TensorCoreConvolution.Kernel<HardwareCore<Float16Format>, NarrowWidth, AverageSource>", 32, "m16n8k16", 12, 2, 4, 1)]
    [InlineData("TensorCoreConvolution.Kernel<HardwareCore<Float16Format>, WideWidth, PlainSource>", 64, "m16n8k16", 16, 4, 2, 1)]
    [InlineData("TensorCoreConvolution.Kernel<HardwareCore<Float16Format>, WideWidth, AverageSource>", 64, "m16n8k16", 16, 4, 4, 1)]
    [InlineData("TensorCoreGram.Products<HardwareCore<Tf32Format>>", 32, "m16n8k8", 8, 8, 0, 0)]
    [InlineData("TensorCoreGramGradient.Kernel<HardwareCore<Tf32Format>>", 64, "m16n8k8", 16, 12, 0, 0)]
    public void Loops_hold_what_is_meant(string kernel, int products, string shape, int operands, int copies, int globalLoads, int sharedStores)
    {
        var loop = new PtxGraph(GpuKernels.Ptx(kernel)).LoopAround("mma.sync");
        int Count(string text) => loop.Count(line => line.Contains(text));
        Assert.Equal((products, products), (Count("mma.sync"), Count(shape)));
        Assert.Equal((operands, operands), (Count("ld.shared"), Count("ld.shared.v4")));
        Assert.Equal((copies, 1, 1), (Count("cp.async.cg.shared.global"), Count("cp.async.wait_group"), Count("bar.sync")));
        Assert.Equal((globalLoads, globalLoads), (Count("ld.global"), Count("ld.global.v4")));
        Assert.Equal((sharedStores, sharedStores, 0), (Count("st.shared"), Count("st.shared.v4"), Count("st.global")));
    }

    [Theory]
    [InlineData("GpuPeak.Products<HardwareCore<Tf32Format>>", "mma.sync", 4)]
    [InlineData("GpuPeak.Products<HardwareCore<Float16Format>>", "mma.sync", 4)]
    [InlineData("GpuPeak.MultiplyAdds", "add.f32", 16)]
    public void The_measured_peak_is_nothing_but_products(string kernel, string opcode, int products)
    {
        var loop = new PtxGraph(GpuKernels.Ptx(kernel)).LoopAround(opcode);
        Assert.Equal(products, loop.Count(line => line.StartsWith(opcode, StringComparison.Ordinal)));
        Assert.DoesNotContain(loop, line => line.StartsWith("ld.", StringComparison.Ordinal) || line.StartsWith("st.", StringComparison.Ordinal));
    }

    /// <summary>The float32 kernels that do most of the arithmetic read and write 16 bytes at a time.</summary>
    [Theory]
    [InlineData("TiledConvolution.Kernel<GpuTiling>", 20, 256)]
    [InlineData("TiledConvolution.ThinKernel<GpuTiling>", 4, 64)]
    [InlineData("GramKernels.Products<GpuTiling>", 5, 64)]
    public void Loops_of_float32_read_16_bytes(string kernel, int loads, int products)
    {
        var loop = new PtxGraph(GpuKernels.Ptx(kernel)).LoopAround("mul");
        Assert.Equal(loads, loop.Count(line => line.StartsWith("ld.global.v4", StringComparison.Ordinal)));
        Assert.Equal(products, loop.Count(line => line.StartsWith("fma.rn.f32", StringComparison.Ordinal) || line.StartsWith("mul.f32", StringComparison.Ordinal)));
    }

    /// <summary>As many products for each load, from shared memory.</summary>
    [Fact]
    public void The_loop_of_nearest_rows_reads_16_bytes()
    {
        var loop = new PtxGraph(GpuKernels.Ptx("MatchKernels.Products")).LoopAround("mul.f32");
        Assert.Equal((5, 5), (loop.Count(line => line.StartsWith("ld.", StringComparison.Ordinal)), loop.Count(line => line.StartsWith("ld.shared.v4", StringComparison.Ordinal))));
        Assert.Equal(64, loop.Count(line => line.StartsWith("mul.f32", StringComparison.Ordinal)));
    }

    public static IEnumerable<TheoryDataRow<string>> Kernels() => GpuKernels.All.Keys.Select(name => new TheoryDataRow<string>(name));

    [GeneratedRegex(@"\bcall(\.uni)?\b")]
    private static partial Regex Call();

    [GeneratedRegex(@"\.shared \.align \d+ \.b8 \w+\[(\d+)\]")]
    private static partial Regex Shared();

    /// <summary>A load or store that names no address space.</summary>
    [GeneratedRegex(@"\b(ld|st)\.(v[24]\.)?[bfsu]\d+\s")]
    private static partial Regex GenericAccess();
}
