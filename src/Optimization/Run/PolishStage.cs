namespace GpuStyle.Optimization;

/// <summary>What the pass over the finished picture minimizes.</summary>
public enum PolishKind
{
    /// <summary>
    /// As the preset <c>paint</c>: the painting and the picture near each other, features near the photograph's, the painting's colors.
    /// </summary>
    Paint,

    /// <summary>
    /// NNST's last pass, "feature splitting" (Kolkin et al. 2022, section 3.4): each position of each style layer near the painting, and
    /// nothing else.
    /// </summary>
    Splitting,
}

/// <summary>
/// The pass over a finished picture that turns it into paint: some iterations of <see cref="StyleLossKind.Neighbors"/>, instead of the
/// losses before. Whatever the picture has of motifs and content stays; how it is painted is the painting's.
/// </summary>
public static class PolishStage
{
    /// <summary>Layers whose samples have neighbors in the painting.</summary>
    public static IReadOnlyList<LayerWeight> Layers { get; } = [new("relu1_2", 1), new("relu2_2", 1), new("relu3_2", 1), new("relu4_2", 1)];

    /// <summary>Layers whose samples stay near the photograph's.</summary>
    static IReadOnlyList<LayerWeight> ContentLayers { get; } = [new("relu3_2", 1), new("relu4_2", 1)];

    /// <summary>
    /// Whether there is anything that the pass could minimize in a run with these settings: splitting looks at the painting alone.
    /// </summary>
    public static bool HasLosses(TransferSettings settings) =>
        settings.PolishKind != PolishKind.Splitting || settings.Objective.StyleLayers.Count > 0;

    /// <summary>The settings of the pass in a run with these.</summary>
    public static TransferSettings Of(TransferSettings settings) => settings with
    {
        Objective = settings.PolishKind == PolishKind.Splitting ? Splitting(settings.Objective) : Objective(settings.Objective),
        Optimizer = (settings.PolishKind == PolishKind.Splitting ? settings.Optimizer : Optimizer) with { Iterations = settings.Polish },
        Scales = 1,
        Polish = 0,
    };

    /// <summary>What is minimized, with the styles, blend and masks of another objective, and of its losses those that it has.</summary>
    public static ObjectiveSettings Objective(ObjectiveSettings other) => other with
    {
        StyleLoss = StyleLossKind.Neighbors,
        StyleLayers = other.StyleLayers.Count > 0 ? Layers : [],
        StyleWeight = 1,
        GuideStatistics = GuideStatistics.Gram,
        ContentForm = ContentForm.Cosine,
        ContentLayers = other.ContentLayers.Count > 0 ? ContentLayers : [],
        ContentWeight = 1,
        ColorWeight = 1,
        // What transport and self-similarity call samples is another number.
        Samples = other.StyleLoss == StyleLossKind.Transport || other.ContentForm == ContentForm.SelfSimilarity
            ? new ObjectiveSettings().Samples : other.Samples,
        // Beside cosines a weight means something only where it is relative.
        TvWeight = other.RelativeWeights ? other.TvWeight : 0,
        TvIsMean = true,
        NormaliseGradients = false,
        PixelScale = 1,
        Pooling = Kernels.PoolingKind.Max,
    };

    /// <summary>The same for <see cref="PolishKind.Splitting"/>: the other objective's style layers, apart from each other.</summary>
    static ObjectiveSettings Splitting(ObjectiveSettings other) => Objective(other) with
    {
        StyleLayers = other.StyleLayers,
        Cover = 0,
        ContentLayers = [],
        ContentWeight = 0,
        ColorWeight = 0,
    };

    /// <summary>What suits losses whose samples change from one evaluation to the next (docs/decisions/paint.md).</summary>
    public static OptimizerSettings Optimizer { get; } = OptimizerSettings.Fast with
    {
        Kind = OptimizerKind.Adam,
        AdamLearningRate = 1,
        Octaves = 6,
        Iterations = 50,
    };
}
