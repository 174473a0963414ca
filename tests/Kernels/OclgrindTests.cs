using System.Diagnostics;
using GpuStyle.Benchmarks;
using GpuStyle.Kernels;
using ILGPU;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// Every kernel under Oclgrind, an OpenCL device that interprets kernels and reports data races, barriers that not every
/// thread reaches, and accesses outside a buffer. The loader reads its list of devices once per process, so this program starts
/// itself again with Oclgrind as the only device and runs the explicit tests of <see cref="UnderOclgrind"/>.
/// </summary>
[Trait("Needs", "processes")]
[Trait("Takes", "long")]
public sealed class OclgrindTests
{
    const string Library = "/usr/lib/oclgrind/liboclgrind-rt-icd.so";

    [Theory]
    [InlineData(nameof(UnderOclgrind.Every_kernel))]
    [InlineData(nameof(UnderOclgrind.Every_tensor_kernel))]
    public void No_kernel_races_or_leaves_its_buffers(string test)
    {
        var (passed, output, reports) = Run(test);
        Assert.True(passed, output);
        Assert.True(reports.Length == 0, reports[..Math.Min(reports.Length, 2000)]);
    }

    [Fact]
    public void A_race_is_reported()
    {
        var (passed, output, reports) = Run(nameof(UnderOclgrind.A_racy_kernel));
        Assert.True(passed, output);
        Assert.Contains("data race at local memory", reports);
    }

    static (bool Passed, string Output, string Reports) Run(string test)
    {
        Assert.SkipUnless(File.Exists(Library), "Oclgrind is not installed (package oclgrind).");
        string folder = Directory.CreateTempSubdirectory("gpustyle-test-").FullName, log = Path.Combine(folder, "log");
        try
        {
            File.WriteAllText(Path.Combine(folder, "oclgrind.icd"), Library);
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "GpuStyle.Tests"), ["-explicit", "only", "-method", $"{typeof(UnderOclgrind).FullName}.{test}"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["OCL_ICD_VENDORS"] = folder, ["OCLGRIND_DATA_RACES"] = "1", ["OCLGRIND_LOCAL_MEM_SIZE"] = "65536", ["OCLGRIND_LOG"] = log },
            };
            using var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.Contains("Total: 1,", output);
            return (process.ExitCode == 0, output, File.Exists(log) ? File.ReadAllText(log) : "");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>What <see cref="OclgrindTests"/> runs in another process; explicit, so that nothing else does.</summary>
public sealed class UnderOclgrind
{
    [Fact(Explicit = true)]
    public void Every_kernel()
    {
        foreach (bool forGpu in new[] { false, true }) Run(Open(forGpu), Cases());
    }

    [Fact(Explicit = true)]
    public void Every_tensor_kernel()
    {
        Run(Open(forGpu: true, Precision.Tf32), TensorCases());
    }

    static void Run(IlgpuDevice device, IEnumerable<OperationCase> cases)
    {
        using (device)
            foreach (var item in cases)
            {
                using var tensors = new CaseTensors(device);
                item.Prepare(tensors)();
                device.Synchronize();
            }
    }

    [Fact(Explicit = true)]
    public void A_racy_kernel()
    {
        using var device = Open(forGpu: false);
        using var storage = new IlgpuStorage(device, 64);
        device.Load<ArrayView<float>>(RacyKernel.Reverse)(device.Groups(1, 1, 64), storage.Values<float>());
        device.Synchronize();
    }

    /// <summary>
    /// Every operation, and sums that take several groups. The interpreter is slow: one vector and five tell what forty do.
    /// </summary>
    static IEnumerable<OperationCase> Cases() =>
    [
        .. OperationCatalogue.Tiniest().Where(IsShort),
        .. OperationCatalogue.Vectors(new(3, 40, 30)).Where(IsShort),
        .. OperationCatalogue.TotalVariation(new(3, 5, 150)),
        .. OperationCatalogue.SquaredError(new(5, 13, 17)),
        .. OperationCatalogue.Gram(new(16, 26, 41)),
    ];

    static bool IsShort(OperationCase item) =>
        !item.Name.Contains(", 40 ", StringComparison.Ordinal) && !item.Name.Contains(", 4 ", StringComparison.Ordinal);

    /// <summary>
    /// Several chunks, pictures that groups overhang; two shares of a Gram matrix and two tiles. The interpreter is slow: no more than
    /// that, since the emulator of CUDA looks for races in the same kernels, in all precisions.
    /// </summary>
    static IEnumerable<OperationCase> TensorCases() =>
    [
        OperationCatalogue.Convolution(16, 20, 5, 17).First(c => c.Name.EndsWith("Average pooling", StringComparison.Ordinal)),
        OperationCatalogue.Gram(new(70, 5, 90)).First(c => c.Name.EndsWith("Accumulate 70x5x90, part", StringComparison.Ordinal)),
    ];

    static IlgpuDevice Open(bool forGpu, Precision precision = Precision.Fp32)
    {
        var device = Assert.Single(IlgpuAccelerators.OpenCl());
        Assert.Contains("Oclgrind", IlgpuAccelerators.Name(device));
        return IlgpuAccelerators.OpenOpenCl(0, forGpu, precision);
    }
}

/// <summary>A kernel that lacks a barrier.</summary>
public static class RacyKernel
{
    /// <summary>Reverses 64 values through shared memory, reading what other threads may not have written yet.</summary>
    public static void Reverse(ArrayView<float> values)
    {
        var shared = SharedMemory.Allocate<float>(64);
        shared[Group.IdxX] = values[Group.IdxX];
        values[Group.IdxX] = shared[63 - Group.IdxX];
    }
}
