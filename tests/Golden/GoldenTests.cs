using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Golden;

/// <summary>How close an engine comes to the golden values.</summary>
/// <param name="Loss">Relative error of each loss.</param>
/// <param name="Gradient">Relative L2 error of the picture's gradient.</param>
/// <param name="Trajectory">Relative error of the totals along an optimiser's iterations.</param>
public sealed record GoldenTolerance(double Loss, double Gradient, double Trajectory);

/// <summary>Whole evaluations and optimiser runs of one engine against an independent float64 implementation.</summary>
public abstract class GoldenTests(Func<Device?> open, string absent, GoldenTolerance tolerance)
{
    protected void CheckEvaluation(string name)
    {
        using var device = Open(takesLong: true);
        var golden = GoldenFiles.Require(name);
        using var network = golden.Network(device);
        using Tensor content = golden.Picture(device, "content_rgb"), style = golden.Picture(device, "style_rgb"), x = golden.Picture(device, "x_rgb");
        using var objective = new Objective(network, golden.Settings, content, [style], x.Shape.Height, x.Shape.Width);
        using var gradient = device.Allocate(x.Shape);
        objective.Evaluate(x, gradient);
        var losses = objective.ReadLosses();
        Close(golden.Content, losses.Content, tolerance.Loss, "content loss");
        for (int l = 0; l < golden.Style.Length; l++) Close(golden.Style[l], losses.StyleLayers[l], tolerance.Loss, $"style loss {l}");
        Close(golden.Total, losses.Total, tolerance.Loss, "total");
        double error = RelativeL2(device.Download(gradient), golden.Gradient);
        TestContext.Current.TestOutputHelper?.WriteLine($"gradient: relative L2 error {error:g3}");
        Assert.True(error <= tolerance.Gradient, $"gradient of {name} on {device.Name}: relative L2 error {error:g3}, allowed {tolerance.Gradient:g3}");
    }

    /// <param name="name">The case.</param>
    /// <param name="kind">The optimiser.</param>
    /// <param name="iterations">How many of the golden iterations are followed.</param>
    protected void CheckTrajectory(string name, OptimizerKind kind, int iterations = int.MaxValue)
    {
        using var device = Open(takesLong: true);
        var golden = GoldenFiles.Require(name);
        using var network = golden.Network(device);
        using Tensor content = golden.Picture(device, "content_rgb"), style = golden.Picture(device, "style_rgb"), x = golden.Picture(device, "content_rgb");
        using var objective = new Objective(network, golden.Settings, content, [style], x.Shape.Height, x.Shape.Width, Lbfgs.SumCount(100));
        using IOptimizer optimizer = kind == OptimizerKind.Lbfgs ? new Lbfgs(objective, x, new OptimizerSettings(), 100) : new Adam(objective, x, new OptimizerSettings(), int.MaxValue);
        double[] expected = kind == OptimizerKind.Lbfgs ? golden.Lbfgs : golden.Adam;
        Follow([.. expected.Take(iterations)], optimizer, $"{name} by {kind} on {device.Name}");
    }

    /// <summary>The committed golden values: every loss, TV with its gradient, several content layers, the smallest sizes.</summary>
    protected void CheckOwn(string preset, double? loss = null)
    {
        using var device = Open();
        var golden = new OwnGolden(preset);
        using var network = new FeatureNetwork(device, OwnGolden.Weights, golden.Settings.Pooling, golden.Settings.Deepest(), golden.Settings.PixelScale);
        using var content = device.Allocate(golden.Picture, OwnGolden.Pixels(golden.Picture, 100));
        using var painting = device.Allocate(golden.StylePicture, OwnGolden.Pixels(golden.StylePicture, 200));
        using var x = device.Allocate(golden.Picture, OwnGolden.Pixels(golden.Picture, 300));
        using var objective = new Objective(network, golden.Settings, content, [painting], x.Shape.Height, x.Shape.Width);
        using var gradient = device.Allocate(x.Shape);
        objective.Evaluate(x, gradient);
        var losses = objective.ReadLosses();
        for (int l = 0; l < golden.Content.Length; l++) Close(golden.Content[l], losses.ContentLayers[l], tolerance.Loss, $"content loss {l}");
        double style = loss ?? tolerance.Loss;
        for (int l = 0; l < golden.Style.Length; l++) Close(golden.Style[l], losses.StyleLayers[l], style, $"style loss {l}");
        if (golden.Settings.TvWeight > 0) Close(golden.Tv, losses.Tv, tolerance.Loss, "total variation");
        Close(golden.Total, losses.Total, style, "total");
        double error = RelativeL2(device.Download(gradient), golden.Gradient);
        TestContext.Current.TestOutputHelper?.WriteLine($"gradient: relative L2 error {error:g3}");
        Assert.True(error <= tolerance.Gradient, $"gradient of {preset} on {device.Name}: relative L2 error {error:g3}, allowed {tolerance.Gradient:g3}");
    }

    /// <summary>
    /// L-BFGS from the content picture with a first step of one grey level, which float32 can follow, against PyTorch's L-BFGS in
    /// float64.
    /// </summary>
    protected void CheckOwnTrajectory(string preset, int iterations)
    {
        using var device = Open(takesLong: true);
        var golden = new OwnGolden(preset);
        var settings = golden.Settings with { TvWeight = 0 };
        using var network = new FeatureNetwork(device, OwnGolden.Weights, settings.Pooling, settings.Deepest(), settings.PixelScale);
        using var content = device.Allocate(golden.Picture, OwnGolden.Pixels(golden.Picture, 100));
        using var style = device.Allocate(golden.StylePicture, OwnGolden.Pixels(golden.StylePicture, 200));
        using var x = device.Allocate(golden.Picture, OwnGolden.Pixels(golden.Picture, 100));
        using var objective = new Objective(network, settings, content, [style], x.Shape.Height, x.Shape.Width, Lbfgs.SumCount(100));
        using var optimizer = new Lbfgs(objective, x, new OptimizerSettings { FirstStep = 1 }, 100);
        Follow([.. golden.Lbfgs.Take(iterations)], optimizer, $"{preset} by L-BFGS on {device.Name}");
    }

    void Follow(double[] expected, IOptimizer optimizer, string what)
    {
        var errors = new List<string>();
        for (int i = 0; i < expected.Length; i++)
        {
            double actual = optimizer.Step().Total, error = Math.Abs(actual / expected[i] - 1);
            TestContext.Current.TestOutputHelper?.WriteLine($"{i}: {actual:g8}, expected {expected[i]:g8}, relative error {error:g3}");
            if (!(error <= tolerance.Trajectory)) errors.Add($"iteration {i}: {actual:g8} instead of {expected[i]:g8} ({error:p2})");
        }
        Assert.True(errors.Count == 0, $"{what}:\n" + string.Join('\n', errors));
    }

    Device Open(bool takesLong = false)
    {
        var device = open();
        Assert.SkipWhen(device is null, absent);
        if (takesLong) CudaDriver.SkipWhatIsLong(device!.Kind);
        return device!;
    }

    static void Close(double expected, double actual, double tolerance, string what)
    {
        double error = Math.Abs(actual / expected - 1);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: relative error {error:g3}");
        Assert.True(error <= tolerance, $"{what} is {actual:g9} instead of {expected:g9}: relative error {error:g3}, allowed {tolerance:g3}");
    }

    internal static double RelativeL2(float[] actual, float[] expected)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }
        return Math.Sqrt(difference / norm);
    }
}
