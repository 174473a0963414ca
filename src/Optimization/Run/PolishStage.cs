namespace GpuStyle.Optimization;

/// <summary>
/// The pass over a finished picture that turns it into paint: some iterations of <see cref="StyleLossKind.Neighbors"/> alone. Whatever the
/// picture has of motifs and content stays; how it is painted is the painting's.
/// </summary>
public static class PolishStage
{
    /// <summary>Layers whose samples have neighbors in the painting.</summary>
    public static IReadOnlyList<LayerWeight> Layers { get; } = [new("relu1_2", 1), new("relu2_2", 1), new("relu3_2", 1), new("relu4_2", 1)];

    /// <summary>Layers whose samples stay near the photograph's.</summary>
    static IReadOnlyList<LayerWeight> ContentLayers { get; } = [new("relu3_2", 1), new("relu4_2", 1)];

    /// <summary>The settings of the pass in a run with these.</summary>
    public static TransferSettings Of(TransferSettings settings) => settings with
    {
        Objective = Objective(settings.Objective),
        Optimizer = Optimizer with { Iterations = settings.Polish },
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
        ContentWeight = 0.3,
        ColorWeight = 1,
        TvWeight = 0,
        NormaliseGradients = false,
        PixelScale = 1,
        Pooling = Kernels.PoolingKind.Max,
    };

    /// <summary>What suits losses whose samples change from one evaluation to the next (docs/decisions/paint.md).</summary>
    public static OptimizerSettings Optimizer { get; } = new()
    {
        Kind = OptimizerKind.Adam,
        AdamLearningRate = 0.5,
        Octaves = 6,
        Iterations = 40,
        // For those who ask for L-BFGS.
        History = 20,
        FirstStep = 1,
        MostRise = 4,
        CurvatureWindow = 10,
        Preconditioned = true,
        PackedHistory = true,
    };
}
