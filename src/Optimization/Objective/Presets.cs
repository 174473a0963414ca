using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>A named set of settings.</summary>
/// <param name="Name">What <c>--preset</c> takes.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Objective">The function minimised.</param>
/// <param name="Optimizer">How it is minimised.</param>
/// <param name="Init">What the picture starts as.</param>
/// <param name="Scales">Number of sizes from coarse to fine; 0 chooses by the picture's size.</param>
/// <param name="Strength">Halvings to the coarsest size, where <paramref name="Scales"/> is 0.</param>
/// <param name="Polish">Iterations of a pass over the finished picture.</param>
/// <param name="PolishKind">What that pass minimizes.</param>
/// <param name="FewerScales">Whether there are fewer sizes where the picture is too small for so many.</param>
/// <param name="NoiseDeviation">Standard deviation of initial noise, in units of 0..255.</param>
/// <param name="Sizes">What changes from size to size; null: the number of iterations alone.</param>
/// <param name="StylesByShortSide">
/// Whether style pictures whose shorter side is more than 1.1 times the result's are made smaller until it is the result's, and others keep
/// their own size, instead of a longer side of <c>--size</c>.
/// </param>
public sealed record Preset(string Name, string Summary, ObjectiveSettings Objective, OptimizerSettings Optimizer, InitKind Init, int Scales, double NoiseDeviation = 40, double? Strength = null,
    int Polish = 0, PolishKind PolishKind = PolishKind.Paint, bool FewerScales = false, SizeSchedule? Sizes = null, bool StylesByShortSide = false);

/// <summary>
/// The presets. All but <c>motifs</c>, <c>balanced</c>, <c>paint</c> and <c>gram</c> reproduce the losses of the program they are named after, value for value on the same
/// pixels but for what docs/presets.md says of each. Their figures come from those programs' own sources.
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

    static IReadOnlyList<LayerWeight> Weighted(params double[] weights) => [.. ObjectiveSettings.FiveBlocks.Zip(weights, (layer, weight) => new LayerWeight(layer, weight))];

    static IReadOnlyList<LayerWeight> Fifths { get; } = Weighted(0.2, 0.2, 0.2, 0.2, 0.2);

    /// <summary>Gatys' notebooks: mean squares of Gram matrices over M, with 1000 / N^2 at each layer.</summary>
    static ObjectiveSettings NotebookForm { get; } = NeuralStyleForm with { ContentWeight = 1, StyleWeight = 1000, TvWeight = 0, Pooling = PoolingKind.Max };

    /// <summary>
    /// Covariances, each layer a fifth of the style loss, and content at three depths: relu5_2 keeps eyes that the others let go
    /// (docs/decisions/relative-weights.md).
    /// </summary>
    static ObjectiveSettings Balanced { get; } = NeuralStyleForm with
    {
        RelativeWeights = true,
        StyleLoss = StyleLossKind.Covariance,
        ContentLayers = [new("relu3_2", 1), new("relu4_2", 1), new("relu5_2", 0.5)],
        ContentWeight = 0.8,
        StyleWeight = 1,
        TvWeight = 0.01,
        TvIsMean = true,
        Pooling = PoolingKind.Max,
    };

    static string[] NnstLayers { get; } =
        ["relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu3_3", "relu4_1", "relu4_2", "relu4_3"];

    /// <summary>STROTSS: layers of all five blocks, as they are.</summary>
    static IReadOnlyList<LayerWeight> Joint { get; } =
        [.. new[] { "relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2", "relu3_3", "relu4_3", "relu5_3" }.Select(layer => new LayerWeight(layer, 1))];

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("motifs", "the painting's motifs, by covariances of all depths, then its strokes, by nearest neighbors",
            Balanced, OptimizerSettings.Fast with { Iterations = 27 }, InitKind.Content, Scales: 0, Polish: 22),

        new("balanced", "covariances of all depths alike, with weights that mean the same for all pictures",
            Balanced, OptimizerSettings.Fast with { Iterations = 60 }, InitKind.Content, Scales: 0),

        new("paint", "every place of the picture looks like some place of the painting, and the other way round: strokes and motifs",
            PolishStage.Objective(new()) with { RelativeWeights = true }, PolishStage.Optimizer, InitKind.Content, Scales: 0, Strength: 1),

        new("gram", "Gram matrices in the least time: tints and textures",
            NeuralStyleForm with { ContentWeight = 2.5, StyleWeight = 100, TvWeight = 300, TvIsMean = true, Pooling = PoolingKind.Average },
            OptimizerSettings.Fast with { Iterations = 60 }, InitKind.Content, Scales: 0),

        new("gatys2016", "the paper: its losses, average pooling, alpha 1, beta 1000, from noise, one size",
            new()
            {
                StyleLayers = Fifths,
                ContentWeight = 1,
                StyleWeight = 1000,
                Pooling = PoolingKind.Average,
            },
            OptimizerSettings.Fast with { Iterations = 500, History = 100 }, InitKind.Noise, Scales: 1),

        new("neural-style", "jcjohnson/neural-style: pixels times 256/255, max pooling, TV outside the printed total",
            NeuralStyleForm with { Pooling = PoolingKind.Max, PixelScale = 256.0 / 255, TvKind = TotalVariationKind.NeuralStyle, TvInTotal = false },
            new() { Iterations = 1000, History = 100 }, InitKind.Noise, Scales: 1, NoiseDeviation: 1e-3),

        new("neural-style-pt", "ProGamerGov/neural-style-pt: as neural-style without the scale, TV of absolute differences in the total",
            NeuralStyleForm with { Pooling = PoolingKind.Max, TvKind = TotalVariationKind.Absolute },
            new() { Iterations = 1000, History = 100, AdamLearningRate = 1 }, InitKind.Noise, Scales: 1, NoiseDeviation: 1e-3),

        new("gatys-pytorch", "leongatys/PytorchNeuralStyleTransfer, the authors' notebook: mean squares, 1000 / N^2 at each layer, from the content",
            NotebookForm, new() { Iterations = 500, History = 100 }, InitKind.Content, Scales: 1),

        // Pixels are 0..1 there: the variation's weight is 2 / 255^2 here, the step 0.02 * 255.
        new("style-transfer-pytorch", "crowsonkb/style-transfer-pytorch: Wasserstein distance, nine-point variation, Adam, coarse to fine",
            NeuralStyleForm with
            {
                StyleLayers = Weighted(256 / 341.0, 64 / 341.0, 16 / 341.0, 4 / 341.0, 1 / 341.0),
                StyleLoss = StyleLossKind.Wasserstein,
                ContentWeight = 0.015,
                StyleWeight = 1,
                TvWeight = 2 / (255.0 * 255),
                TvKind = TotalVariationKind.NinePoint,
                Pooling = PoolingKind.Max,
            },
            new() { Kind = OptimizerKind.Adam, Iterations = 500, AdamLearningRate = 5.1, AdamBeta2 = 0.99, AverageDecay = 0.99, History = 10 }, InitKind.Content, Scales: 0),

        new("spst", "bgalerne/scaling_painting_style_transfer: as gatys-pytorch, with means and deviations",
            NotebookForm with { StyleLoss = StyleLossKind.GramMoments }, new() { Iterations = 600, History = 100 }, InitKind.Content, Scales: 0,
            Sizes: new(Falling: new(MostShortSide: 1023, Fewer: 3, Least: 30, History: 10)), StylesByShortSide: true),

        // Pixels are 0..1 there, and the step is 0.002 * 255 here.
        new("nnst", "nkolkin13/NeuralNeighborStyleTransfer: each place takes after one of the painting's, found once a size; then each layer by itself",
            new()
            {
                StyleLoss = StyleLossKind.Hypercolumns,
                StyleLayers = [.. NnstLayers.Select(l => new LayerWeight(l, 1))],
                ContentForm = ContentForm.Mean,
                ContentWeight = 0,
                Turns = StyleTurns.Rotations,
                Pooling = PoolingKind.Max,
            },
            new() { Kind = OptimizerKind.Adam, AdamLearningRate = 0.51, Octaves = 9, Iterations = 200 }, InitKind.Content, Scales: 4,
            Polish: 200, PolishKind: PolishKind.Splitting, FewerScales: true, Sizes: new(MoreWhenCoarse: 1)),

        new("anishathalye", "anishathalye/neural-style: mean squares, style layers a fifth each, variation as means, Adam",
            NeuralStyleForm with
            {
                StyleLayers = Fifths,
                StyleCombination = StyleCombination.Losses,
                StyleWeight = 500,
                TvWeight = 100,
                TvKind = TotalVariationKind.Means,
                Pooling = PoolingKind.Max,
            },
            new() { Kind = OptimizerKind.Adam, Iterations = 1000 }, InitKind.Noise, Scales: 1, NoiseDeviation: 0.256),

        // 1e4 times the mean of the weighted layers, whose weights have sum 1.
        new("neural-style-tf", "cysmith/neural-style-tf: the paper's style loss, content over the root of its count, average pooling, strong Wolfe",
            new()
            {
                StyleLayers = Fifths,
                StyleCombination = StyleCombination.Losses,
                ContentForm = ContentForm.HalfSumOverRoot,
                ContentWeight = 5,
                StyleWeight = 2000,
                TvWeight = 1e-3,
                TvKind = TotalVariationKind.Absolute,
                Pooling = PoolingKind.Average,
            },
            new() { Iterations = 1000, History = 10, LineSearch = LineSearch.StrongWolfe, AdamLearningRate = 1 }, InitKind.Content, Scales: 1),

        // Pixels are 0..1 there: the step is 0.002 * 255, and half of it at the last size.
        new("strotss", "Kolkin et al. 2019: relaxed transport of all layers at once, content by what is like what, RMSprop in octaves, from 64 px on",
            new()
            {
                StyleLayers = Joint,
                ContentLayers = Joint,
                StyleLoss = StyleLossKind.Transport,
                ContentForm = ContentForm.SelfSimilarity,
                ContentWeight = 16,
                ColorWeight = 1,
                Samples = 32,
                Pooling = PoolingKind.Max,
            },
            new() { Kind = OptimizerKind.RmsProp, Iterations = 250, AdamLearningRate = 0.51, Octaves = 6 }, InitKind.Details, Scales: 0,
            Sizes: new(CoarsestSide: 64, MoreWhenCoarse: 1, ContentFall: 2, LastRate: 0.5)),
    ];

    /// <summary>The preset of this name.</summary>
    /// <exception cref="RequestException">There is none; the message lists them.</exception>
    public static Preset Find(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new RequestException($"'{name}' is no preset; use one of {string.Join(", ", All.Select(p => p.Name))}.");
}
