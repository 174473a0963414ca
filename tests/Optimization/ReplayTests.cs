using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Optimization;

/// <summary>Evaluations of pictures that come again are recorded and replayed: the same bits, nothing allocated, no wait.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
[Collection("OpenCL")]
public sealed class ReplayTests
{
    [Theory]
    [InlineData(DeviceKind.Simd, "relu5_1", 83, 61, 0)]
    [InlineData(DeviceKind.Simd, "relu3_1", 83, 61, 32)]
    [InlineData(DeviceKind.Reference, "relu2_1", 19, 24, 0)]
    [InlineData(DeviceKind.OpenCl, "relu5_1", 47, 35, 0)]
    [InlineData(DeviceKind.OpenCl, "relu2_1", 59, 45, 24)]
    [InlineData(DeviceKind.Cuda, "relu3_1", 19, 24, 0)]
    [InlineData(DeviceKind.Cuda, "relu2_1", 59, 45, 24)]
    [InlineData(DeviceKind.Cuda, "relu5_1", 147, 83, 0)]
    [InlineData(DeviceKind.Cuda, "relu5_1", 147, 83, 48)]
    public void A_replay_gives_the_bits_of_an_evaluation(DeviceKind kind, string deepest, int height, int width, int blockSize)
    {
        CudaDriver.SkipWhatIsLong(kind, height * width);
        using var device = RecordingTests.Open(kind);
        using var bench = new Bench(device, deepest, height, width, blockSize);
        // Two gradients in turn, as L-BFGS has them, and a picture that moves.
        for (int i = 0; i < 8; i++)
        {
            var gradient = bench.Gradients[i % 2];
            var (bytes, waits) = (device.AllocatedBytes, device.Synchronizations);
            bench.Objective.Evaluate(bench.Picture, gradient);
            if (i > 0) Assert.Equal((bytes, waits), (device.AllocatedBytes, device.Synchronizations));
            bench.Objective.Sums.Read(bench.Sums);
            using Tensor picture = device.Allocate(bench.Picture.Shape), fresh = device.Allocate(bench.Picture.Shape);
            device.Vectors.Copy(bench.Picture, picture);
            var replayed = (double[])bench.Sums.Clone();
            bench.Plain.Evaluate(picture, fresh);
            bench.Plain.Sums.Read(bench.Sums);
            Assert.Equal(bench.Sums, replayed);
            Assert.True(device.Download(fresh).SequenceEqual(device.Download(gradient)), $"evaluation {i + 1}: the gradient differs");
            device.Vectors.Combine([bench.Picture, gradient], [1, 1e-8], bench.Picture);
        }
        // By now both pairs are recorded.
        if (kind == DeviceKind.Simd) Assert.Equal(0, Allocations.Of(2, () => bench.Objective.Evaluate(bench.Picture, bench.Gradients[0])));
        if (kind == DeviceKind.Cuda) Assert.Null(device.GraphRefusal);
    }

    /// <summary>Scratch that another objective has made larger in between is nothing that a replay notices.</summary>
    [Theory]
    [InlineData(DeviceKind.Simd)]
    [InlineData(DeviceKind.OpenCl)]
    [InlineData(DeviceKind.Cuda)]
    public void A_replay_is_right_after_a_larger_evaluation(DeviceKind kind)
    {
        using var device = RecordingTests.Open(kind);
        using var small = new Bench(device, "relu2_1", 24, 20, 0);
        float[] first = Evaluated(small);
        Evaluated(small);
        using (var large = new Bench(device, "relu2_1", 70, 60, 0)) Evaluated(large);
        Assert.Equal(first, Evaluated(small));
    }

    [Fact]
    public void More_pairs_than_are_remembered_are_right_too()
    {
        using var device = new SimdDevice(1);
        using var bench = new Bench(device, "relu1_1", 16, 16, 0);
        var gradients = Enumerable.Range(0, RepeatedOperations.MostPairs + 2).Select(_ => device.Allocate(bench.Picture.Shape)).ToList();
        for (int round = 0; round < 3; round++)
            foreach (var gradient in gradients) bench.Objective.Evaluate(bench.Picture, gradient);
        Assert.All(gradients, g => Assert.Equal(device.Download(gradients[0]), device.Download(g)));
        Assert.Contains(device.Download(gradients[0]), v => v != 0);
    }

    static float[] Evaluated(Bench bench)
    {
        bench.Objective.Evaluate(bench.Picture, bench.Gradients[0]);
        return bench.Objective.Device.Download(bench.Gradients[0]);
    }

    /// <summary>Two objectives that are the same: one that is asked for the same tensors again and again, one that never is.</summary>
    sealed class Bench : IDisposable
    {
        readonly TensorList owned;
        readonly FeatureNetwork network;

        public Bench(Device device, string deepest, int height, int width, int blockSize)
        {
            string[] layers = [.. ObjectiveSettings.FiveBlocks.TakeWhile(l => l != deepest), deepest];
            var settings = Presets.Find("gatys2016").Objective with
            {
                ContentLayers = [new(layers[^1], 1)],
                StyleLayers = [.. layers.Select(l => new LayerWeight(l, 1))],
                TvWeight = 0.1,
            };
            owned = new(device);
            Shape shape = new(3, height, width);
            network = new FeatureNetwork(device, OwnGolden.Narrow, settings.Pooling, settings.Deepest(), settings.PixelScale);
            Tensor content = owned.Allocate(shape, OwnGolden.Pixels(shape, 1)), style = owned.Allocate(shape, OwnGolden.Pixels(shape, 2));
            Picture = owned.Allocate(shape, OwnGolden.Pixels(shape, 3));
            Gradients = [owned.Allocate(shape), owned.Allocate(shape)];
            Objective = new Objective(network, settings, content, [style], height, width, blockSize: blockSize);
            Plain = new Objective(network, settings, content, [style], height, width, blockSize: blockSize);
            Sums = new double[Objective.Sums.Count];
        }

        public Objective Objective { get; }

        public Objective Plain { get; }

        public Tensor Picture { get; }

        public Tensor[] Gradients { get; }

        public double[] Sums { get; }

        public void Dispose()
        {
            Objective.Dispose();
            Plain.Dispose();
            network.Dispose();
            owned.Dispose();
        }
    }
}
