using System.Reflection;
using GpuStyle.CudaEmulator;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Optimization;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuStyle.Tests.Emulator;

/// <summary>What the program does, through ILGPU and its own CUDA back end, when the GPU or its driver is not as it should be.</summary>
[Trait("Needs", "CUDA")]
public sealed class CudaFaultTests
{
    /// <summary>Numbers in CUdevice_attribute.</summary>
    const int ComputeCapabilityMajor = 75, ComputeCapabilityMinor = 76;

    static readonly TransferSettings Settings =
        RunFaultTests.Settings with { Optimizer = RunFaultTests.Settings.Optimizer with { Iterations = 4 } };

    /// <summary>What a run does where nothing goes wrong.</summary>
    static readonly Lazy<EmulatedGpu> Whole = new(() =>
    {
        var gpu = new EmulatedGpu();
        using var device = Open(gpu);
        Run(device).Dispose();
        return gpu;
    });

    public CudaFaultTests() =>
        Assert.SkipWhen(!EmulatedCuda.Installed, "This machine has a GPU, or libraries that the emulator does not write.");

    /// <summary>The driver tells of a fault when it is next called; the run goes on with what was seen last.</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.8)]
    public void A_run_whose_GPU_is_lost_goes_on_elsewhere(double share)
    {
        var losing = new EmulatedGpu { LostAt = (long)(share * Whole.Value.Launches) };
        List<string> notes = [];
        using SimdDevice other = new(1);
        using var lost = Open(losing);
        using var result = Run(lost, notes, () => other);
        string note = Assert.Single(notes);
        Assert.StartsWith("Emulated GPU has failed: ", note);
        Assert.Contains($"the device is lost at launch {losing.LostAt}", note);
        Assert.Matches(@$"\. The run goes on on {other.Name} (after iteration \d|from the beginning)\.$", note);
        Assert.Equal(1, result.Last!.FractionDone, 1e-9);
        Assert.Equal(losing.LostAt - 1, losing.Launches);
    }

    [Fact]
    public void A_lost_GPU_is_one_line_that_says_what_to_do()
    {
        using var device = Open(new() { LostAt = 30 });
        var e = Assert.ThrowsAny<Exception>(() => Run(device));
        Assert.Matches("^the device failed: .*the device is lost at launch 30.*--device cpu does without\\.$", DeviceFault.Describe(e));
    }

    /// <summary>
    /// Whichever allocation fails: the run ends well with less, or with an exception that is about memory; the device can be used
    /// again.
    /// </summary>
    [Theory]
    [InlineData(0.4)]
    [InlineData(0.9)]
    public void A_run_survives_an_allocation_that_fails_or_says_that_there_is_no_memory(double share)
    {
        var full = new EmulatedGpu { OutOfMemoryAt = (long)(share * Whole.Value.Allocations) };
        using var tried = Open(full);
        try
        {
            Run(tried).Dispose();
        }
        catch (OutOfMemoryException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            Assert.Null(DeviceFault.Describe(e));
        }
        Assert.True(full.Allocations >= full.OutOfMemoryAt);
        // It has failed once; now all is there again.
        using var again = Run(tried);
        Assert.Equal(1, again.Last!.FractionDone, 1e-9);
    }

    /// <summary>A device may have no piece of memory for all vectors and yet room for them.</summary>
    [Fact]
    public void Vectors_that_find_no_room_together_lie_in_smaller_pieces()
    {
        var whole = new EmulatedGpu();
        Open(whole).Dispose();
        using var device = Open(new() { OutOfMemoryAt = whole.Allocations + 1 });
        using var vectors = device.AllocateTogether(new(3, 8, 8), 5, packed: false);
        Assert.Equal([2, 2, 1], vectors.GroupBy(v => v.OnIlgpu().Storage.Memory).Select(g => g.Count()));
        Assert.All(vectors, v => Assert.All(device.Download(v), value => Assert.Equal(0, value)));
    }

    [Fact]
    public void A_driver_that_refuses_graphs_is_done_without_and_gives_the_same_picture()
    {
        using Device with = Open(new()), without = Open(new() { RefusesGraphs = true });
        using TransferResult expected = Run(with), result = Run(without);
        Assert.Null(with.GraphRefusal);
        Assert.Equal("cuStreamBeginCapture fails with CUDA_ERROR_NOT_SUPPORTED", without.GraphRefusal);
        Assert.Equal(expected.Rgb, result.Rgb);
    }

    /// <summary>The assembler's words are in the line.</summary>
    [Fact]
    public void A_driver_that_does_not_take_the_PTX_says_why()
    {
        string message = Assert.Throws<DeviceException>(() => Open(new() { PtxVersion = 63 })).Message;
        Assert.Matches(@"^Device 'cuda:0' cannot be opened: .*: ptxas error: PTX \d\.\d is newer than 6\.3; this machine has ", message);
    }

    /// <summary>An older driver gets older PTX.</summary>
    [Fact]
    public void An_older_driver_is_written_for()
    {
        using var device = Open(new() { DriverVersion = 11040, PtxVersion = 74 });
        Run(device).Dispose();
    }

    [Fact]
    public void A_GPU_without_tensor_cores_computes_in_float32()
    {
        var turing = new EmulatedGpu
        {
            Attributes = new Dictionary<int, int> { [ComputeCapabilityMajor] = 7, [ComputeCapabilityMinor] = 5 },
        };
        using (var device = Open(turing)) Assert.Equal(Precision.Fp32, device.Precision);
        string message = Assert.Throws<DeviceException>(() => Open(turing, Precision.Tf32)).Message;
        Assert.Contains("compute capability", message);
        Assert.Contains("below 8.0", message);
    }

    /// <summary>A kernel that does what it must not is told in the driver's words, with what the emulator found.</summary>
    [Fact]
    public void A_faulty_kernel_is_told()
    {
        using var device = (IlgpuDevice)Open(new());
        var fill = device.Load<ArrayView<float>, float, int, int>(VectorKernels.Fill);
        // Nothing of a device that has failed can be freed.
        var storage = new IlgpuStorage(device, 4);
        var e = Assert.Throws<CudaException>(() =>
        {
            fill(device.Threads(1 << 16), Claiming(storage.Values<float>(), 1 << 16), 1, 1, 1);
            device.Synchronize();
        });
        Assert.Contains("of global memory (Kernel_Fill, block ", e.Message);
    }

    /// <summary>A view that is longer than what it is of.</summary>
    static ArrayView<float> Claiming(ArrayView<float> view, long length)
    {
        object boxed = view;
        typeof(ArrayView<float>).GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
            .Single(f => f.FieldType == typeof(long) && f.Name.Contains("Length", StringComparison.Ordinal)).SetValue(boxed, length);
        return (ArrayView<float>)boxed;
    }

    static Device Open(EmulatedGpu gpu, Precision precision = Precision.Auto)
    {
        using var shown = EmulatedCuda.Show(gpu);
        return Devices.Open("cuda:0", precision: precision);
    }

    static TransferResult Run(Device device, List<string>? notes = null, Func<Device>? other = null) =>
        new StyleTransfer(device, OwnGolden.Narrow, Settings, notes is null ? null : notes.Add, other)
            .Run(RunFaultTests.Pictures(24, 20), _ => { }, TestContext.Current.CancellationToken);
}
