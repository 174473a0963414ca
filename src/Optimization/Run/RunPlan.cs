using System.Diagnostics;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>What one size of a run will take.</summary>
/// <param name="Level">The size.</param>
/// <param name="FeatureBytes">Features and gradients of the network, and what its poolings pass on.</param>
/// <param name="TargetBytes">Content features and Gram matrices.</param>
/// <param name="OptimizerBytes">The optimiser's vectors.</param>
/// <param name="PictureBytes">The result, and two to fall back on.</param>
/// <param name="SourceBytes">Before there is an optimiser: the picture to start from, content and styles, which the targets come from.</param>
/// <param name="Seconds">All iterations at this size.</param>
public sealed record LevelPlan(PyramidLevel Level, long FeatureBytes, long TargetBytes, long OptimizerBytes, long PictureBytes, long SourceBytes, double Seconds)
{
    /// <summary>The most that lives at once at this size, weights apart.</summary>
    public long Bytes => FeatureBytes + TargetBytes + Math.Max(SourceBytes, OptimizerBytes + PictureBytes);
}

/// <summary>
/// A forecast of a run's memory and time on a device, without running it: every tensor is counted from the network's table (an engine's own scratch is not), and
/// a small evaluation is timed.
/// </summary>
/// <param name="Levels">Each size, coarsest first.</param>
/// <param name="WeightBytes">The network's weights as the device holds them.</param>
/// <param name="StyleBytes">The most that is held while the style pictures' Gram matrices are computed, weights apart: before the features are allocated.</param>
public sealed record RunPlan(IReadOnlyList<LevelPlan> Levels, long WeightBytes, long StyleBytes)
{
    /// <summary>Side of the picture that is timed.</summary>
    const int CalibrationSide = 256;

    /// <summary>The most device memory that will be held at once.</summary>
    public long PeakBytes => WeightBytes + Math.Max(StyleBytes, Levels.Max(l => l.Bytes));

    /// <summary>All iterations.</summary>
    public double Seconds => Levels.Sum(l => l.Seconds);

    /// <summary>Makes the plan. Prepares the weights and evaluates a small picture three times to learn the device's speed.</summary>
    /// <param name="device">Where the run would be.</param>
    /// <param name="weights">VGG-19.</param>
    /// <param name="settings">The run's settings.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="styles">Heights and widths of the style pictures.</param>
    public static RunPlan Make(Device device, VggWeights weights, TransferSettings settings, int height, int width, IReadOnlyList<(int Height, int Width)> styles)
    {
        var objective = settings.Objective;
        using var network = new FeatureNetwork(device, weights, objective.Pooling, objective.Deepest(), objective.PixelScale);
        return Make(device, Measure(network, objective), settings, height, width, styles);
    }

    /// <summary>The same without times: nothing is prepared or evaluated.</summary>
    public static RunPlan Memory(Device device, TransferSettings settings, int height, int width, IReadOnlyList<(int Height, int Width)> styles) =>
        Make(device, double.PositiveInfinity, settings, height, width, styles);

    static RunPlan Make(Device device, double flopsPerSecond, TransferSettings settings, int height, int width, IReadOnlyList<(int Height, int Width)> styles)
    {
        var objective = settings.Objective;
        var deepest = objective.Deepest();
        long weightBytes = FeatureNetwork.StorageBytes(device, deepest), styleBytes = 0;
        var levels = new List<LevelPlan>();
        foreach (var level in Pyramid.Levels(height, width, settings.Scales, settings.Optimizer.Iterations))
        {
            IReadOnlyList<(int Height, int Width)> stylesHere = objective.StyleLayers.Count == 0 ? [] : [.. styles.Select(s => StyleTransfer.StyleSize(s.Height, s.Width, level))];
            double seconds = Objective.Flops(objective, level.Height, level.Width, settings.BlockSize) * level.Iterations / flopsPerSecond;
            var plan = Level(device, settings, level, stylesHere, seconds);
            levels.Add(plan);
            var passes = stylesHere.Select(s => FeaturePass.StorageBytes(device, deepest, s.Height, s.Width, seeded: null, settings.BlockSize));
            styleBytes = Math.Max(styleBytes, plan.SourceBytes + plan.TargetBytes + passes.DefaultIfEmpty().Max());
        }
        return new(levels, weightBytes, styleBytes);
    }

    /// <summary>Floating-point operations per second of whole evaluations, convolutions alone being counted.</summary>
    static double Measure(FeatureNetwork network, ObjectiveSettings settings)
    {
        var shape = new Shape(3, CalibrationSide, CalibrationSide);
        using var picture = network.Device.Allocate(shape, InitialPicture.Noise(shape, 1, 40));
        using var gradient = network.Device.Allocate(shape);
        using var objective = new Objective(network, settings, picture, [picture], shape.Height, shape.Width);
        double best = double.PositiveInfinity;
        for (int i = 0; i < 3; i++)
        {
            var watch = Stopwatch.StartNew();
            objective.Evaluate(picture, gradient);
            objective.ReadLosses();
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        return Objective.Flops(settings, shape.Height, shape.Width) / best;
    }

    static LevelPlan Level(Device device, TransferSettings settings, PyramidLevel level, IReadOnlyList<(int Height, int Width)> styles, double seconds)
    {
        var objective = settings.Objective;
        var blocks = PictureBlock.Cut(objective.Deepest(), level.Height, level.Width, settings.BlockSize);
        long Layer(LayerWeight l) => blocks.Sum(b => device.StorageBytes(b.Owned(l.Vgg)));
        long Picture(int height, int width) => device.StorageBytes(new(3, height, width));
        long features = FeaturePass.StorageBytes(device, objective.Deepest(), level.Height, level.Width, objective.Layers, settings.BlockSize);
        long targets = objective.ContentLayers.Sum(Layer) + 2 * objective.StyleLayers.Sum(l => device.StorageBytes(Shape.Matrix(l.Vgg.OutputChannels)));
        long picture = Picture(level.Height, level.Width);
        long sources = (objective.ContentLayers.Count > 0 ? 2 : 1) * picture + styles.Sum(s => Picture(s.Height, s.Width));
        return new(level, features, targets, OptimizerBytes(device, settings.Optimizer, level), StyleTransfer.OwnPictures * picture, sources, seconds);
    }

    static long OptimizerBytes(Device device, OptimizerSettings optimizer, PyramidLevel level)
    {
        var picture = new Shape(3, level.Height, level.Width);
        return optimizer.Kind == OptimizerKind.Adam
            ? Adam.Tensors * device.StorageBytes(picture)
            : Lbfgs.StorageBytes(device, picture, optimizer, StyleTransfer.History(optimizer, level));
    }
}
