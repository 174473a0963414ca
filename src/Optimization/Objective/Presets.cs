using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>A named set of settings.</summary>
/// <param name="Name">What <c>--preset</c> takes.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Objective">The function minimised.</param>
/// <param name="Optimizer">How it is minimised.</param>
/// <param name="Init">What the picture starts as.</param>
/// <param name="Scales">Number of sizes from coarse to fine; 0 chooses by the picture's size.</param>
/// <param name="NoiseDeviation">Standard deviation of initial noise, in units of 0..255.</param>
public sealed record Preset(string Name, string Summary, ObjectiveSettings Objective, OptimizerSettings Optimizer, InitKind Init, int Scales, double NoiseDeviation = 40);

/// <summary>
/// The presets. All but <c>default</c> reproduce the losses of the program they are named after, value for value on the same
/// pixels. Their figures come from those programs' own sources.
/// </summary>
public static class Presets
{
    static ObjectiveSettings NeuralStyleForm { get; } = new()
    {
        ContentForm = ContentForm.Mean,
        StyleForm = StyleForm.MeanOfNormalised,
        ContentWeight = 5,
        StyleWeight = 100,
        TvWeight = 1e-3,
    };

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("default", "the best picture in the least time, as we judge it",
            NeuralStyleForm with { ContentWeight = 2.5, StyleWeight = 100, TvWeight = 300, TvIsMean = true, Pooling = PoolingKind.Average },
            new() { Iterations = 60, History = 20, FirstStep = 1, MostRise = 4, CurvatureWindow = 10, Preconditioned = true, PackedHistory = true }, InitKind.Content, Scales: 0),

        new("gatys2016", "the paper: its losses, average pooling, alpha 1, beta 1000, from noise, one size",
            new()
            {
                StyleLayers = [.. ObjectiveSettings.FiveBlocks.Select(l => new LayerWeight(l, 0.2))],
                ContentWeight = 1,
                StyleWeight = 1000,
                Pooling = PoolingKind.Average,
            },
            new() { Iterations = 500, History = 100, FirstStep = 1, MostRise = 4, CurvatureWindow = 10, Preconditioned = true, PackedHistory = true }, InitKind.Noise, Scales: 1),

        new("neural-style", "jcjohnson/neural-style: pixels times 256/255, max pooling, TV outside the printed total",
            NeuralStyleForm with { Pooling = PoolingKind.Max, PixelScale = 256.0 / 255, TvKind = TotalVariationKind.NeuralStyle, TvInTotal = false },
            new() { Iterations = 1000, History = 100 }, InitKind.Noise, Scales: 1, NoiseDeviation: 1e-3),

        new("neural-style-pt", "ProGamerGov/neural-style-pt: as neural-style without the scale, TV of absolute differences in the total",
            NeuralStyleForm with { Pooling = PoolingKind.Max, TvKind = TotalVariationKind.Absolute },
            new() { Iterations = 1000, History = 100, AdamLearningRate = 1 }, InitKind.Noise, Scales: 1, NoiseDeviation: 1e-3),
    ];

    /// <summary>The preset of this name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists them.</exception>
    public static Preset Find(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new ArgumentException($"'{name}' is no preset; use one of {string.Join(", ", All.Select(p => p.Name))}.");
}
