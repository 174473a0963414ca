using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Optimization;

/// <summary>
/// An objective with what a user can steer, on pictures and weights made by formula: each case by a name, evaluated on any device, whole or
/// in blocks.
/// </summary>
static class ControlCase
{
    static readonly Dictionary<string, Func<ObjectiveSettings, ObjectiveSettings>> Changes = new()
    {
        ["Gram"] = s => s,
        ["moments"] = s => s with { StyleLoss = StyleLossKind.GramMoments },
        ["covariance"] = s => s with { StyleLoss = StyleLossKind.Covariance },
        ["Wasserstein"] = s => s with { StyleLoss = StyleLossKind.Wasserstein, StyleWeight = 1e5 },
        ["paper"] = s => s with { StyleForm = StyleForm.Paper, ContentForm = ContentForm.HalfSum, StyleWeight = 1 },
        ["losses"] = s => s with { StyleCombination = StyleCombination.Losses },
        ["relative"] = s => s with { ContentForm = ContentForm.Relative, ContentWeight = 1e5 },
        ["normalised"] = s => s with { NormaliseGradients = true },
        ["masks"] = s => s,
        ["inside"] = s => s with { GuideCarry = GuideCarry.Inside },
        ["kept"] = s => s,
        ["edges"] = s => s with { TvKind = TotalVariationKind.EdgeAware },
        // Grids of which there are several.
        ["neighbors"] = s => s with { StyleLoss = StyleLossKind.Neighbors, Samples = 9, SampleSeed = 7 },
        ["all"] = s => s with { Samples = 0 },
        ["turned"] = s => s with { Turns = StyleTurns.All },
        ["columns"] = s => s with { StyleLoss = StyleLossKind.Hypercolumns, StyleWeight = 1e6 },
        ["cosine"] = s => s with { ContentForm = ContentForm.Cosine, Samples = 9, ContentWeight = 100 },
        ["colors"] = s => s with { ColorWeight = 30 },
        ["transport"] = s => s with { StyleLoss = StyleLossKind.Transport, Samples = 9, SampleSeed = 7, StyleWeight = 1e5, TvWeight = 0 },
        ["palette"] = s => s with { ColorWeight = 1e5 },
        ["similar"] = s => s with { ContentForm = ContentForm.SelfSimilarity, Samples = 9, ContentWeight = 1e5, TvWeight = 0 },
        ["sums"] = s => s with { GuideStatistics = GuideStatistics.Sums },
    };

    /// <summary>The settings of some of the names, joined by +.</summary>
    public static ObjectiveSettings Settings(string name, params string[] layers) => name.Split('+').Aggregate(new ObjectiveSettings
    {
        ContentLayers = [new(layers[^1], 0.5)],
        StyleLayers = [.. layers.Select((l, i) => new LayerWeight(l, 1 + i))],
        ContentForm = ContentForm.Mean,
        StyleForm = StyleForm.MeanOfNormalised,
        ContentWeight = 5,
        StyleWeight = 100,
        TvWeight = 0.01,
        StyleBlend = [0.7, 0.3],
    }, (settings, change) => Changes[change](settings));

    /// <summary>Two regions that share a soft border, the second of which keeps to a part of its style picture; a corner that is kept.</summary>
    public static Guidance? Guidance(string name)
    {
        if (!name.Contains("masks") && !name.Contains("sums") && !name.Contains("inside") && !name.Contains("kept")) return null;
        static MaskSource Mask(Func<double, double, double> at) => new((height, width) =>
            [.. Enumerable.Range(0, height * width).Select(i => (float)at((i / width + 0.5) / height, (i % width + 0.5) / width))]);
        static double Left(double x) => Math.Clamp(2.5 - 4 * x, 0, 1);
        return new(
            [
                new("Region 1", Mask((_, x) => Left(x)), [new(0, 0.6), new(1, 0.4)]),
                new("Region 2", Mask((_, x) => 1 - Left(x)), [new(1, 1, Mask((y, _) => y < 0.8 ? 1 : 0.2))], 1.5),
            ],
            name.Contains("kept") ? Mask((y, x) => y < 0.3 && x < 0.5 ? 1 : y < 0.4 && x < 0.5 ? 0.5 : 0) : null);
    }

    /// <summary>Evaluates, and hands over what was evaluated.</summary>
    public static T Evaluate<T>(Device device, string name, int height, int width, int blockSize, string[] layers, Func<Objective, Tensor, Tensor, T> use, Func<ObjectiveSettings, ObjectiveSettings>? change = null, VggWeights? weights = null)
    {
        var settings = Settings(name, layers);
        if (change is not null) settings = change(settings);
        using var network = new FeatureNetwork(device, weights ?? OwnGolden.Narrow, settings.Pooling, settings.Deepest(), settings.PixelScale);
        Shape shape = new(3, height, width), first = new(3, height + 5, width + 9), second = new(3, height, width + 4);
        using var content = device.Allocate(shape, OwnGolden.Pixels(shape, 1));
        using var style = device.Allocate(first, OwnGolden.Pixels(first, 2));
        using var other = device.Allocate(second, [.. OwnGolden.Pixels(second, 4).Select(v => 0.7f * v)]);
        using var x = device.Allocate(shape, OwnGolden.Pixels(shape, 3));
        using var objective = new Objective(network, settings, content, [style, other], height, width, blockSize: blockSize, guidance: Guidance(name));
        using var gradient = device.Allocate(shape);
        objective.Evaluate(x, gradient);
        return use(objective, x, gradient);
    }

    /// <summary>Losses and gradient.</summary>
    public static (Losses Losses, float[] Gradient) Evaluate(Device device, string name, int height, int width, int blockSize, string[] layers, VggWeights? weights = null) =>
        Evaluate(device, name, height, width, blockSize, layers, (objective, _, gradient) => (objective.ReadLosses(), device.Download(gradient)), weights: weights);
}
