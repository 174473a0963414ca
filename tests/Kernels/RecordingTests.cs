using GpuStyle.Benchmarks;
using GpuStyle.Kernels;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// Recorded sequences of operations do what running them does, bit for bit, and cannot do what a CUDA graph cannot. That is the same on
/// every engine, so that what holds on the others holds on CUDA.
/// </summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
[Collection("OpenCL")]
public sealed class RecordingTests
{
    public static TheoryData<DeviceKind> Kinds => [DeviceKind.Reference, DeviceKind.Simd, DeviceKind.IlgpuCpu, DeviceKind.OpenCl, DeviceKind.Cuda];

    /// <summary>No operation compiles, allocates or waits once it has been run, and a replay goes on from what its tensors hold.</summary>
    [Theory]
    [InlineData(DeviceKind.Reference)]
    [InlineData(DeviceKind.Simd)]
    [InlineData(DeviceKind.OpenCl)]
    [InlineData(DeviceKind.Cuda)]
    public void Every_operation_gives_the_same_bits_replayed_as_run(DeviceKind kind)
    {
        using var device = Open(kind);
        foreach (var item in OperationCatalogue.Tiny())
        {
            using CaseTensors plain = new(device), recorded = new(device);
            Action run = item.Prepare(plain), toRecord = item.Prepare(recorded);
            // Features of up to four channels, which the network has none of, are rearranged by the SIMD engine in memory taken for the purpose.
            if (kind == DeviceKind.Simd && IsThin(item, plain)) continue;
            for (int i = 0; i < 3; i++) run();
            toRecord();
            var (bytes, waits) = (device.AllocatedBytes, device.Synchronizations);
            using (var recording = device.Record(toRecord)) recording.Replay();
            Assert.Equal((bytes, waits), (device.AllocatedBytes, device.Synchronizations));
            foreach (var (name, tensor) in recorded.Outputs) Assert.True(device.Download(tensor).SequenceEqual(device.Download(plain.Outputs[name])), $"{item.Name}: {name}");
            foreach (var (name, sums) in recorded.Sums) Assert.True(Read(sums).SequenceEqual(Read(plain.Sums[name])), $"{item.Name}: {name}");
        }
        if (kind == DeviceKind.Cuda) Assert.Null(device.GraphRefusal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_graph_cannot_hold_is_refused_on_every_engine(DeviceKind kind)
    {
        using var device = Open(kind);
        Shape shape = new(3, 4, 5);
        using Tensor x = device.Allocate(shape), y = device.Allocate(shape);
        var freed = device.Allocate(shape);
        using var sums = device.AllocateScalars(1);
        var values = new float[shape.Count];
        Action[] refused =
        [
            () => device.Allocate(shape), () => device.AllocatePacked(shape), () => device.AllocateScalars(1), () => device.Upload(values, x), () => device.Download(x, values),
            () => sums.Read(new double[1]), device.Synchronize, () => device.Record(() => { }), () => freed.Dispose(),
        ];
        device.Vectors.Copy(x, y);
        foreach (var action in refused)
        {
            long bytes = device.AllocatedBytes;
            var e = Assert.Throws<InvalidOperationException>(() => device.Record(() =>
            {
                device.Vectors.Copy(x, y);
                action();
            }));
            Assert.Contains("A recorded sequence of operations cannot", e.Message);
            Assert.Equal(bytes, device.AllocatedBytes);
        }
        // The device goes on as if nothing had been.
        device.Upload([.. Enumerable.Repeat(2f, (int)shape.Count)], x);
        using (device.Record(() => device.Vectors.Copy(x, y))) Assert.All(device.Download(y), v => Assert.Equal(2, v));
        Assert.Null(device.GraphRefusal);
    }

    [Fact]
    public void A_kernel_is_not_compiled_while_recording()
    {
        using var device = IlgpuAccelerators.OpenCpu(forGpu: false);
        using Tensor x = device.Allocate(new(3, 4, 5)), y = device.Allocate(new(3, 2, 2));
        Assert.Contains("compile", Assert.Throws<InvalidOperationException>(() => device.Record(() => device.Pooling.Forward(PoolingKind.Max, x, y))).Message);
        device.Pooling.Forward(PoolingKind.Max, x, y);
        device.Record(() => device.Pooling.Forward(PoolingKind.Max, x, y)).Dispose();
    }

    [Fact]
    public void A_graph_is_captured_once_and_anew_when_scratch_has_moved()
    {
        using var device = IlgpuAccelerators.OpenCpu(forGpu: false);
        var driver = new Driver();
        device.Graphs = driver;
        Shape small = new(16, 4, 4), large = new(40, 4, 4);
        using Tensor x = device.Allocate(small), gram = device.Allocate(Shape.Matrix(16)), y = device.Allocate(large), larger = device.Allocate(Shape.Matrix(40));
        void Small() => device.Gram.Accumulate(x, Region.All(small), gram);
        Small();
        using (var recording = device.Record(Small))
        {
            recording.Replay();
            Assert.Equal((1, 2, 0), (driver.Captures, driver.Launches, driver.Freed));
            device.Gram.Accumulate(y, Region.All(large), larger);
            recording.Replay();
            recording.Replay();
            Assert.Equal((2, 4, 1), (driver.Captures, driver.Launches, driver.Freed));
        }
        Assert.Equal(2, driver.Freed);
        Assert.Null(device.GraphRefusal);
    }

    [Fact]
    public void Where_the_driver_refuses_sequences_are_run_again_and_the_reason_is_kept()
    {
        using var device = IlgpuAccelerators.OpenCpu(forGpu: false);
        var driver = new Driver { Refusal = "the CUDA driver has no cuGraphLaunch" };
        device.Graphs = driver;
        Shape shape = new(3, 4, 5);
        using Tensor x = device.Allocate(shape), sum = device.Allocate(shape);
        device.Vectors.Fill(x, 1);
        void Add() => device.Vectors.Combine([x, sum], [1, 1], sum);
        Add();
        using (var first = device.Record(Add)) first.Replay();
        using (var second = device.Record(Add)) second.Replay();
        Assert.All(device.Download(sum), v => Assert.Equal(5, v));
        Assert.Equal((driver.Refusal, 1, 0), (device.GraphRefusal, driver.Captures, driver.Launches));
    }

    /// <summary>What has failed is told by the operation that finds out; a second exception would keep the rest from being freed.</summary>
    [Fact]
    public void A_device_that_has_failed_does_not_keep_its_recordings_from_being_disposed()
    {
        using var device = IlgpuAccelerators.OpenCpu(forGpu: false);
        var driver = new Driver();
        device.Graphs = driver;
        using Tensor x = device.Allocate(new(3, 4, 5)), y = device.Allocate(new(3, 4, 5));
        device.Vectors.Copy(x, y);
        var recording = device.Record(() => device.Vectors.Copy(x, y));
        driver.Lost = true;
        Assert.Throws<CLException>(recording.Replay);
        recording.Dispose();
        recording.Dispose();
        Assert.Equal(1, driver.Freed);
    }

    /// <summary>A driver's book-keeping: a graph is what it was captured from, to be run again.</summary>
    sealed class Driver : IGraphDriver
    {
        readonly Dictionary<IntPtr, Action> graphs = [];

        public string? Refusal { get; init; }
        public bool Lost { get; set; }
        public int Captures { get; private set; }
        public int Launches { get; private set; }
        public int Freed { get; private set; }

        public IntPtr Capture(Action operations)
        {
            Captures++;
            if (Refusal is not null) throw new GraphRefusedException(Refusal);
            graphs[Captures] = operations;
            return Captures;
        }

        public void Launch(IntPtr graph)
        {
            Launches++;
            FailIfLost();
            graphs[graph]();
        }

        public void Free(IntPtr graph)
        {
            Freed++;
            FailIfLost();
            Assert.True(graphs.Remove(graph));
        }

        void FailIfLost()
        {
            if (Lost) throw new CLException(CLError.CL_OUT_OF_RESOURCES);
        }
    }

    /// <summary>The device of a kind, or the test is skipped.</summary>
    internal static Device Open(DeviceKind kind)
    {
        var device = OpenClOperationTests.FirstOf(kind, Precision.Auto);
        Assert.SkipWhen(device is null, kind == DeviceKind.Cuda ? CudaOperationTests.Absent : OpenClOperationTests.Absent);
        return device!;
    }

    static bool IsThin(OperationCase item, CaseTensors tensors) =>
        (item.Name.StartsWith("Pooling", StringComparison.Ordinal) || item.Name.StartsWith("Gram", StringComparison.Ordinal) || item.Name.StartsWith("Convolution", StringComparison.Ordinal))
        && tensors.Inputs.Values.Concat(tensors.Outputs.Values).Any(t => t.Shape.Channels <= SimdTensor.PlanarChannels);

    static double[] Read(Scalars sums)
    {
        var values = new double[sums.Count];
        sums.Read(values);
        return values;
    }
}
