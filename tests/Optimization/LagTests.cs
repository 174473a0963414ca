using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Optimization;

/// <summary>Evaluations that leave out the deepest style layer, the first, or one between, and use its last gradient again (<see cref="OptimizerSettings.Lag"/>).</summary>
[Collection("OpenCL")]
public sealed class LagTests
{
    /// <summary>The layer right below a pooling, and one within a block.</summary>
    public static TheoryData<DeviceKind, PoolingKind, string, string, int, int> Cases => new()
    {
        { DeviceKind.Reference, PoolingKind.Average, "relu3_1", "relu2_1", 19, 24 },
        { DeviceKind.Reference, PoolingKind.Max, "relu3_1", "relu2_2", 22, 19 },
        { DeviceKind.Reference, PoolingKind.Average, "relu2_1", "relu1_1", 19, 24 },
        { DeviceKind.Simd, PoolingKind.Average, "relu5_1", "relu4_2", 83, 61 },
        { DeviceKind.Simd, PoolingKind.Max, "relu5_1", "relu4_2", 61, 83 },
        { DeviceKind.Simd, PoolingKind.Average, "relu5_1", "relu4_4", 70, 83 },
        { DeviceKind.Simd, PoolingKind.Max, "relu5_1", "relu4_4", 83, 61 },
        { DeviceKind.OpenCl, PoolingKind.Average, "relu5_1", "relu4_2", 47, 35 },
        { DeviceKind.OpenCl, PoolingKind.Max, "relu5_1", "relu4_4", 35, 47 },
        { DeviceKind.Cuda, PoolingKind.Average, "relu5_1", "relu4_2", 147, 83 },
        { DeviceKind.Cuda, PoolingKind.Max, "relu5_1", "relu4_4", 83, 147 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void At_the_same_picture_nothing_changes(DeviceKind kind, PoolingKind pooling, string deepest, string junction, int height, int width)
    {
        CudaDriver.SkipWhatIsLong(kind, height * width);
        using LagCase lag = new(RecordingTests.Open(kind), pooling, deepest, junction, height, width, firstShare: 9e-4);
        var (losses, gradient) = lag.Evaluate(lag.Picture);
        double tolerance = Tolerance(kind), without = new[] { lag.DeepWeighing(0), lag.Weighing(0, 0) }.Min(s => GoldenTests.RelativeL2(lag.Evaluate(lag.Picture, s).Gradient, gradient));
        Assert.True(without > 20 * tolerance, $"without a layer the gradient differs by {without:g3} alone");
        using var objective = lag.Make(3);
        for (int i = 0; i < 6; i++)
        {
            var (own, slope) = lag.Evaluate(objective, lag.Picture);
            double error = GoldenTests.RelativeL2(slope, gradient);
            TestContext.Current.TestOutputHelper?.WriteLine($"evaluation {i + 1}: {error:g3}, of {without:g3}");
            Assert.InRange(error, 0, tolerance);
            Assert.Equal(losses.Total, own.Total, 1e-12 * losses.Total);
            Assert.Equal([losses.Content, losses.Tv, .. losses.ContentLayers, .. losses.StyleLayers], [own.Content, own.Tv, .. own.ContentLayers, .. own.StyleLayers]);
        }
    }

    /// <summary>The gradient is that of the other terms where the picture is now, and of the deepest where it was, carried down from the junction.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void After_the_picture_has_moved_the_deepest_gradient_is_the_old_one(DeviceKind kind, PoolingKind pooling, string deepest, string junction, int height, int width)
    {
        CudaDriver.SkipWhatIsLong(kind, height * width);
        using LagCase lag = new(RecordingTests.Open(kind), pooling, deepest, junction, height, width);
        var moved = lag.Owned.Allocate(lag.Shape, OwnGolden.Pixels(lag.Shape, 5));
        var ((fresh, whole), (_, shallow)) = (lag.Evaluate(moved), lag.Evaluate(moved, lag.DeepWeighing(0)));
        using var objective = lag.Make(2);
        lag.Evaluate(objective, lag.Picture); // the first of two that tell that the losses stand still
        var (before, _) = lag.Evaluate(objective, lag.Picture);
        var (losses, gradient) = lag.Evaluate(objective, moved);
        float[] expected = [.. shallow.Zip(lag.Carried(moved), (s, c) => s + c)];
        double error = GoldenTests.RelativeL2(gradient, expected), fromFresh = GoldenTests.RelativeL2(whole, expected), fromShallow = GoldenTests.RelativeL2(shallow, expected), tolerance = 5 * Tolerance(kind);
        TestContext.Current.TestOutputHelper?.WriteLine($"{error:g3}; {fromFresh:g3} from a whole evaluation, {fromShallow:g3} from one without the layer");
        Assert.InRange(error, 0, tolerance);
        Assert.True(Math.Min(fromFresh, fromShallow) > 10 * tolerance, "the layer's gradient is too small to be missed");
        Assert.Equal([fresh.Content, fresh.Tv, .. fresh.StyleLayers.SkipLast(1)], [losses.Content, losses.Tv, .. losses.StyleLayers.SkipLast(1)]);
        Assert.Equal(before.StyleLayers[^1], losses.StyleLayers[^1]);
        Assert.NotEqual(fresh.StyleLayers[^1], losses.StyleLayers[^1]);
        Assert.Equal(fresh.Total + lag.Settings.StyleWeight * lag.Settings.StyleLayers[^1].Weight * (losses.StyleLayers[^1] - fresh.StyleLayers[^1]), losses.Total, 1e-9 * losses.Total);
        // The next one is whole: two evaluations share a gradient.
        Assert.InRange(GoldenTests.RelativeL2(lag.Evaluate(objective, moved).Gradient, whole), 0, tolerance);
    }

    /// <summary>The same for the first layer, whose part of the gradient is what the gradient has less without it.</summary>
    [Theory]
    [InlineData(DeviceKind.Reference, PoolingKind.Max, "relu3_1", "relu2_1", 19, 24)]
    [InlineData(DeviceKind.Simd, PoolingKind.Average, "relu5_1", "relu4_2", 83, 61)]
    [InlineData(DeviceKind.OpenCl, PoolingKind.Average, "relu5_1", "relu4_2", 47, 35)]
    [InlineData(DeviceKind.Cuda, PoolingKind.Average, "relu5_1", "relu4_2", 147, 83)]
    public void After_the_picture_has_moved_the_first_gradient_is_the_old_one(DeviceKind kind, PoolingKind pooling, string deepest, string junction, int height, int width)
    {
        CudaDriver.SkipWhatIsLong(kind, height * width);
        using LagCase lag = new(RecordingTests.Open(kind), pooling, deepest, junction, height, width, share: 0.1, firstShare: 9e-4);
        var moved = lag.Owned.Allocate(lag.Shape, OwnGolden.Pixels(lag.Shape, 5));
        var ((fresh, whole), (_, others)) = (lag.Evaluate(moved), lag.Evaluate(moved, lag.Weighing(0, 0)));
        using var objective = lag.Make(2);
        lag.Evaluate(objective, lag.Picture); // the first of two that tell that the losses stand still
        var (before, gradientBefore) = lag.Evaluate(objective, lag.Picture);
        var (losses, gradient) = lag.Evaluate(objective, moved);
        float[] own = [.. gradientBefore.Zip(lag.Evaluate(lag.Picture, lag.Weighing(0, 0)).Gradient, (all, rest) => all - rest)], expected = [.. others.Zip(own, (o, first) => o + first)];
        double error = GoldenTests.RelativeL2(gradient, expected), fromFresh = GoldenTests.RelativeL2(whole, expected), fromOthers = GoldenTests.RelativeL2(others, expected), tolerance = 5 * Tolerance(kind);
        TestContext.Current.TestOutputHelper?.WriteLine($"{error:g3}; {fromFresh:g3} from a whole evaluation, {fromOthers:g3} from one without the layer");
        Assert.InRange(error, 0, tolerance);
        Assert.True(Math.Min(fromFresh, fromOthers) > 10 * tolerance, "the layer's gradient is too small to be missed");
        Assert.Equal([fresh.Content, fresh.Tv, .. fresh.StyleLayers.Skip(1)], [losses.Content, losses.Tv, .. losses.StyleLayers.Skip(1)]);
        Assert.Equal(before.StyleLayers[0], losses.StyleLayers[0]);
        Assert.NotEqual(fresh.StyleLayers[0], losses.StyleLayers[0]);
        Assert.InRange(GoldenTests.RelativeL2(lag.Evaluate(objective, moved).Gradient, whole), 0, tolerance);
    }

    /// <summary>The same for a layer between, on devices that do not record, whose gradient is kept where it begins and goes down from there through the layers as they are now.</summary>
    [Theory]
    [InlineData(DeviceKind.Reference, PoolingKind.Max, "relu4_1", "relu3_1", 1, 19, 24)]
    [InlineData(DeviceKind.Simd, PoolingKind.Average, "relu5_1", "relu4_2", 1, 83, 61)]
    [InlineData(DeviceKind.Simd, PoolingKind.Average, "relu5_1", "relu4_2", 2, 61, 83)]
    [InlineData(DeviceKind.OpenCl, PoolingKind.Average, "relu5_1", "relu4_2", 2, 47, 35)]
    public void After_the_picture_has_moved_a_gradient_between_is_the_old_one(DeviceKind kind, PoolingKind pooling, string deepest, string junction, int between, int height, int width)
    {
        CudaDriver.SkipWhatIsLong(kind, height * width);
        using LagCase lag = new(RecordingTests.Open(kind), pooling, deepest, junction, height, width, share: 0.1, firstShare: 9e-4, small: between);
        var moved = lag.Owned.Allocate(lag.Shape, OwnGolden.Pixels(lag.Shape, 5));
        var ((fresh, whole), (_, others)) = (lag.Evaluate(moved), lag.Evaluate(moved, lag.Weighing(between, 0)));
        using var objective = lag.Make(2);
        lag.Evaluate(objective, lag.Picture); // the first of two that tell that the losses stand still
        var (before, _) = lag.Evaluate(objective, lag.Picture);
        var (losses, gradient) = lag.Evaluate(objective, moved);
        float[] expected = [.. others.Zip(lag.CarriedOwn(between, moved), (o, own) => o + own)];
        double error = GoldenTests.RelativeL2(gradient, expected), fromFresh = GoldenTests.RelativeL2(whole, expected), fromOthers = GoldenTests.RelativeL2(others, expected), tolerance = 5 * Tolerance(kind);
        TestContext.Current.TestOutputHelper?.WriteLine($"{error:g3}; {fromFresh:g3} from a whole evaluation, {fromOthers:g3} from one without the layer");
        Assert.InRange(error, 0, tolerance);
        Assert.True(Math.Min(fromFresh, fromOthers) > 10 * tolerance, "the layer's gradient is too small to be missed");
        Assert.Equal(fresh.StyleLayers.Select((loss, i) => i == between ? before.StyleLayers[i] : loss), losses.StyleLayers);
        Assert.NotEqual(fresh.StyleLayers[between], losses.StyleLayers[between]);
        Assert.InRange(GoldenTests.RelativeL2(lag.Evaluate(objective, moved).Gradient, whole), 0, tolerance);
    }

    /// <summary>What is recorded of whole evaluations and of those that lag, each for two gradients, gives the bits of the plain ones.</summary>
    [Theory]
    [InlineData(DeviceKind.Reference, "relu3_1", "relu2_1", 0, 19, 24)]
    [InlineData(DeviceKind.Simd, "relu5_1", "relu4_4", 0, 83, 61)]
    [InlineData(DeviceKind.Simd, "relu5_1", "relu4_4", 1, 83, 61)]
    [InlineData(DeviceKind.OpenCl, "relu5_1", "relu4_2", 0, 47, 35)]
    [InlineData(DeviceKind.Cuda, "relu3_1", "relu2_1", 0, 19, 24)]
    [InlineData(DeviceKind.Cuda, "relu5_1", "relu4_2", 0, 147, 83)]
    public void A_replay_gives_the_bits_of_an_evaluation(DeviceKind kind, string deepest, string junction, int small, int height, int width)
    {
        CudaDriver.SkipWhatIsLong(kind, height * width);
        using LagCase lag = new(RecordingTests.Open(kind), PoolingKind.Average, deepest, junction, height, width, share: 5e-4, firstShare: 5e-4, small);
        var device = lag.Device;
        using Objective objective = lag.Make(3), plain = lag.Make(3);
        Tensor[] gradients = [lag.Owned.Allocate(lag.Shape), lag.Owned.Allocate(lag.Shape)];
        List<double> deep = [], other = [];
        for (int i = 0; i < 14; i++)
        {
            var gradient = gradients[i % 2];
            var (bytes, waits) = (device.AllocatedBytes, device.Synchronizations);
            objective.Evaluate(lag.Picture, gradient);
            if (i > 1) Assert.Equal((bytes, waits), (device.AllocatedBytes, device.Synchronizations));
            using Tensor picture = device.Allocate(lag.Shape), fresh = device.Allocate(lag.Shape);
            device.Vectors.Copy(lag.Picture, picture);
            plain.Evaluate(picture, fresh);
            var losses = objective.ReadLosses();
            deep.Add(losses.StyleLayers[^1]);
            other.Add(losses.StyleLayers[small]);
            Assert.Equal(plain.ReadLosses().StyleLayers, losses.StyleLayers);
            float[] slope = device.Download(gradient);
            Assert.True(device.Download(fresh).SequenceEqual(slope), $"evaluation {i + 1}: the gradient differs");
            // A tenth of a grey level, down.
            device.Vectors.Combine([lag.Picture, gradient], [1, -0.1 / Math.Sqrt(slope.Average(g => (double)g * g))], lag.Picture);
        }
        // After the first, which nothing is known about, evaluations by threes have the same loss of each.
        foreach (var kept in new[] { deep, other }) Assert.Equal([1, 3, 3, 3, 3, 1], kept.GroupBy(l => l).Select(g => g.Count()));
        if (kind == DeviceKind.Cuda) Assert.Null(device.GraphRefusal);
    }

    /// <summary>Nothing is allocated, and the host waits twice an iteration, whole or not (once without a preconditioner).</summary>
    [Fact]
    public void Nothing_is_allocated_while_iterating()
    {
        using LagCase lag = new(new SimdDevice(2), PoolingKind.Average, "relu5_1", "relu4_2", 61, 47, share: 1e-5, firstShare: 1e-5);
        var device = lag.Device;
        using var objective = lag.Make(3, Lbfgs.SumCount(4));
        using var optimizer = new Lbfgs(objective, lag.Picture, new() { FirstStep = 1, Preconditioned = true, PackedHistory = true }, 4);
        var deep = new List<double>();
        // So many that every way to evaluate has been made: whole at first, then with either layer's gradient kept, and with both.
        for (int i = 0; i < 36; i++) deep.Add(optimizer.Step().StyleLayers[^1]);
        Assert.InRange(deep.Distinct().Count(), 12, 18); // a whole one more for each total that rose, and at the start
        var (managed, native, waits) = (GC.GetAllocatedBytesForCurrentThread(), device.AllocatedBytes, device.Synchronizations);
        for (int i = 0; i < 6; i++) optimizer.Step();
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - managed) / 6, 0, 2000);
        Assert.Equal((native, waits + 12), (device.AllocatedBytes, device.Synchronizations));
    }

    /// <summary>What cannot lag does not, and takes no memory for it.</summary>
    [Theory]
    [InlineData("blocks")]
    [InlineData("normalised")]
    [InlineData("moments")]
    [InlineData("deep content")]
    [InlineData("one layer")]
    [InlineData("lag 1")]
    [InlineData("two layers")]
    [InlineData("content at the first")]
    [InlineData("first not seen")]
    [InlineData("")]
    public void Only_whole_pictures_with_a_deepest_style_layer_lag(string name)
    {
        var settings = Presets.Find("gatys2016").Objective;
        settings = name switch
        {
            "normalised" => settings with { NormaliseGradients = true },
            "moments" => settings with { StyleLoss = StyleLossKind.GramMoments },
            "deep content" => settings with { ContentLayers = [new("relu2_1", 1), new("relu5_1", 1)] },
            "one layer" => settings with { ContentLayers = [], StyleLayers = [new("relu5_1", 1)] },
            "two layers" => settings with { ContentLayers = [], StyleLayers = [new("relu5_1", 1), new("relu1_1", 1)] },
            "content at the first" => settings with { ContentLayers = [new("relu4_2", 1), new("relu1_1", 1)] },
            "first not seen" => settings with { StyleLayers = [new("relu1_2", 1), new("relu5_1", 1)] },
            _ => settings,
        };
        using ReferenceDevice device = new();
        var kept = LagLayers.Kept(device, settings, name == "lag 1" ? 1 : 2, 61, 83, name == "blocks" ? 48 : 96);
        string? junction = name switch { "" or "content at the first" or "first not seen" => "relu4_2", "two layers" => "relu1_1", _ => null };
        Assert.Equal(junction, kept?.Junction.Relu);
        string own = name switch { "" => "relu1_1 relu2_1 relu3_1 relu4_1", "content at the first" => "relu2_1 relu3_1 relu4_1", "first not seen" => "relu1_2", _ => "" };
        Assert.Equal(own, string.Join(' ', kept?.Own.Select(l => l.Relu) ?? []));
    }

    /// <summary>
    /// A sum in another order: the layer's gradient is added to the terms' of the junction, or they to it. Float32 rounds by 6e-8 at most, and so does what holds float64's
    /// results, a float32 tensor; some ten convolutions come behind. Where pictures are added instead of features, twenty convolutions of two passes round apart, and the test's own
    /// Gram matrices are float32: five times as much.
    /// </summary>
    static double Tolerance(DeviceKind kind) => kind == DeviceKind.Reference ? 1e-7 : 2e-6;
}
