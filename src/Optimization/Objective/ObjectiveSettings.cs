using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>A layer that a loss looks at, and its weight among the layers of that loss.</summary>
/// <param name="Layer">A ReLU's name, <c>relu1_1</c> to <c>relu5_4</c>.</param>
/// <param name="Weight">w_l in equation 5 of the paper.</param>
public sealed record LayerWeight(string Layer, double Weight)
{
    /// <summary>The layer itself.</summary>
    internal VggLayer Vgg => Vgg19.Find(Layer);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Layer}:{Weight:g6}");
}

/// <summary>How the content loss of a layer with N channels and M positions is normalised; F are the features, P the target.</summary>
public enum ContentForm
{
    /// <summary>The paper, equation 1: half the sum of (F - P)^2.</summary>
    HalfSum,

    /// <summary>The mean of (F - P)^2: neural-style, and the authors' own notebooks.</summary>
    Mean,

    /// <summary>The sum of (F - P)^2 over the target's energy, the sum of P^2: 1 for features that are all 0, whatever the layer and the picture.</summary>
    Relative,

    /// <summary>cysmith/neural-style-tf: half the sum of (F - P)^2 over the root of N M.</summary>
    HalfSumOverRoot,

    /// <summary>The mean over positions of 1 - the cosine between F and P there, each without its mean over positions: 0 to 2, whatever layer and picture.</summary>
    Cosine,

    /// <summary>
    /// How the samples of all layers together are related to each other, by their cosine distances (Kolkin et al. 2019, "Style Transfer by Relaxed
    /// Optimal Transport and Self-Similarity", equation 7): 0 to 2, whatever layers and picture. A layer's weight is a factor on its features.
    /// </summary>
    SelfSimilarity,
}

/// <summary>How the style loss of a layer with N channels is normalised. Each Gram matrix is first divided by its own M.</summary>
public enum StyleForm
{
    /// <summary>The paper, equation 4: the sum of (G/M - A/M_a)^2 over 4 N^2.</summary>
    Paper,

    /// <summary>
    /// The mean over the N^2 entries of (G/(N M) - A/(N M_a))^2: neural-style, and, with weights 1e3 times as large, the
    /// authors' own notebooks. Early layers count for more than in the paper.
    /// </summary>
    MeanOfNormalised,
}

/// <summary>
/// Which statistics of a layer's features the style loss compares, and how. A layer has N channels and M positions; G is its Gram matrix,
/// m_i the mean and d_i the standard deviation of channel i, C = G/M - m m^T the covariance.
/// </summary>
public enum StyleLossKind
{
    /// <summary>The Gram matrices (Gatys, Ecker and Bethge 2016, equation 4).</summary>
    Gram,

    /// <summary>
    /// Gram matrices, means and standard deviations (Galerne, Raad, Lezama and Morel 2022, SPST): the sum of (G/M - A/M_a)^2 plus k N^3 times the sum
    /// of (m - m_a)^2 + (d - d_a)^2, times the form's factor. k is <see cref="ObjectiveSettings.MomentsWeight"/>; theirs is 10.
    /// </summary>
    GramMoments,

    /// <summary>The covariances: as Gram, of features without their mean.</summary>
    Covariance,

    /// <summary>
    /// The squared 2-Wasserstein distance of normal distributions with these means and covariances (style-transfer-pytorch), over N:
    /// |m - m_a|^2 + tr(C + C_a - 2 (C_a^1/2 C C_a^1/2)^1/2). <see cref="StyleForm"/> does not matter.
    /// </summary>
    Wasserstein,

    /// <summary>
    /// No statistics: every position's features, without their mean, point where those of some position of the painting do, and the other way
    /// round (Kolkin et al. 2022, "Neural Neighbor Style Transfer"). The mean of 1 - the cosine to the nearest neighbor, 0 to 2, whatever layer
    /// and picture; <see cref="StyleForm"/> does not matter.
    /// </summary>
    Neighbors,

    /// <summary>
    /// Each place's features of all style layers together point where those of one place of the painting do, which is looked for once a size (Kolkin
    /// et al. 2022, sections 3.2 and 3.3). The mean of 1 - the cosine, 0 to 2; of the layers each has an equal part of it.
    /// </summary>
    Hypercolumns,

    /// <summary>
    /// All layers at once: the relaxed earth mover's distance between the samples of picture and painting, of which each holds every layer's
    /// features at a pixel, and their means and covariances (Kolkin et al. 2019, STROTSS). A layer's weight is a factor on its features; <see
    /// cref="StyleForm"/> does not matter, and <see cref="ObjectiveSettings.ColorWeight"/> is that of the same distance between colors.
    /// </summary>
    Transport,
}

/// <summary>How several styles become one loss.</summary>
public enum StyleCombination
{
    /// <summary>One loss against the styles' weighted mean statistics (neural-style).</summary>
    Targets,

    /// <summary>
    /// The weighted sum of one loss per style (anishathalye/neural-style). For Gram matrices the gradient is that of <see cref="Targets"/>, and
    /// the value larger by a constant.
    /// </summary>
    Losses,
}

/// <summary>Everything that defines the function being minimised.</summary>
public sealed record ObjectiveSettings
{
    /// <summary>Layers of the content loss.</summary>
    public IReadOnlyList<LayerWeight> ContentLayers { get; init; } = [new("relu4_2", 1)];

    /// <summary>Layers of the style loss.</summary>
    public IReadOnlyList<LayerWeight> StyleLayers { get; init; } = [.. FiveBlocks.Select(l => new LayerWeight(l, 1))];

    /// <summary>Alpha, equation 7.</summary>
    public double ContentWeight { get; init; } = 1;

    /// <summary>Beta, equation 7.</summary>
    public double StyleWeight { get; init; } = 1;

    /// <summary>
    /// Whether weights are those of losses that are measured by what they are of photograph and painting (<see
    /// cref="Optimization.RelativeWeights"/>), or of the losses as they are.
    /// </summary>
    public bool RelativeWeights { get; init; }

    /// <summary>Weight of the total variation; the paper has none.</summary>
    public double TvWeight { get; init; }

    /// <summary>Which total variation.</summary>
    public TotalVariationKind TvKind { get; init; }

    /// <summary>
    /// Whether the variation is divided by the number of values, so that its weight means the same at every size, as that of losses
    /// that are means. The peers take the sum.
    /// </summary>
    public bool TvIsMean { get; init; }

    /// <summary>Whether the total counts the variation's value (its gradient always counts).</summary>
    public bool TvInTotal { get; init; } = true;

    /// <summary>The content loss's normalisation.</summary>
    public ContentForm ContentForm { get; init; }

    /// <summary>The style loss's normalisation.</summary>
    public StyleForm StyleForm { get; init; }

    /// <summary>What the style loss compares.</summary>
    public StyleLossKind StyleLoss { get; init; }

    /// <summary>Weight of means and deviations beside the Gram matrices in <see cref="StyleLossKind.GramMoments"/>.</summary>
    public double MomentsWeight { get; init; } = 10;

    /// <summary>A number of each style, in proportion to its share; null: all alike.</summary>
    public IReadOnlyList<double>? StyleBlend { get; init; }

    /// <summary>How several styles become one loss.</summary>
    public StyleCombination StyleCombination { get; init; }

    /// <summary>Weight of the painting's side in <see cref="StyleLossKind.Neighbors"/>: each of its positions has a neighbor in the picture.</summary>
    public double Cover { get; init; } = 4;

    /// <summary>
    /// The most positions of a layer on a side that an evaluation looks at, for losses that compare positions
    /// (<see cref="StyleLossKind.Neighbors"/>, <see cref="ContentForm.Cosine"/>); others each time. 0: all of them. For losses on all layers at
    /// once (<see cref="StyleLossKind.Transport"/>, <see cref="ContentForm.SelfSimilarity"/>) the root of the number of pixels.
    /// </summary>
    public int Samples { get; init; } = 64;

    /// <summary>Where the first of these positions are.</summary>
    public int SampleSeed { get; init; }

    /// <summary>Where the random numbers of a layer's samples begin, or of all layers' together.</summary>
    internal ulong Seed(int layer = 0) => (ulong)SampleSeed * 64 + (ulong)layer;

    /// <summary>
    /// Of the picture whose places' neighbors <see cref="StyleLossKind.Hypercolumns"/> looks for, the part that is the photograph; the rest is the
    /// picture so far with the photograph's details. NNST's alpha: the more, the nearer the picture stays to the photograph.
    /// </summary>
    public double SoughtContent { get; init; } = 0.75;

    /// <summary>Turned forms of the paintings among which neighbors are looked for, too.</summary>
    public StyleTurns Turns { get; init; }

    /// <summary>
    /// Weight of the distance between the picture's colors and the paintings': 0 for the same means and covariances, 1 for a picture of the
    /// paintings' mean color alone. With <see cref="StyleLossKind.Transport"/> that distance is the relaxed earth mover's.
    /// </summary>
    public double ColorWeight { get; init; }

    /// <summary>
    /// Whether each term's gradient with respect to its layer's features is divided by the sum of its absolute values, as
    /// jcjohnson/neural-style's <c>-normalize_gradients</c> does; weights then are shares of the pull, and the total is not what is minimised.
    /// </summary>
    public bool NormaliseGradients { get; init; }

    /// <summary>How masks are carried to the layers.</summary>
    public GuideCarry GuideCarry { get; init; }

    /// <summary>What regions are compared in; sums go with <see cref="StyleLossKind.Gram"/> and <see cref="StyleCombination.Targets"/>.</summary>
    public GuideStatistics GuideStatistics { get; init; }

    /// <summary>How the network pools.</summary>
    public PoolingKind Pooling { get; init; }

    /// <summary>
    /// Whether the picture tiles: it is one period of a plane that it fills, and convolutions, poolings and total variation see its other side
    /// beyond each edge. Losses and gradient are those of that plane, statistics over one period. It has no content picture and no masks,
    /// and its sides are multiples of the deepest layer's <see cref="VggLayer.Stride"/> (docs/decisions/tiles.md).
    /// </summary>
    public bool Tiles { get; init; }

    /// <summary>Factor on pixels before the network's mean is subtracted: 1, or neural-style's 256/255.</summary>
    public double PixelScale { get; init; } = 1;

    /// <summary>Whether an evaluation looks at some positions alone, at others than the one before.</summary>
    public bool IsSampled => (StyleLoss is StyleLossKind.Neighbors or StyleLossKind.Transport && StyleLayers.Count > 0)
        || (ContentForm is ContentForm.Cosine or ContentForm.SelfSimilarity && ContentLayers.Count > 0);

    /// <summary>Each style's share, of a sum of 1.</summary>
    /// <exception cref="RequestException">There is not one weight for each style, or all are 0.</exception>
    public double[] StyleShares(int styles)
    {
        if (StyleBlend is not { } blend) return [.. Enumerable.Repeat(1.0 / styles, styles)];
        if (blend.Count != styles)
            throw new RequestException($"The blend has {blend.Count} weights for {styles} styles; give one for each.");
        double sum = blend.Sum();
        return sum > 0 && double.IsFinite(sum)
            ? [.. blend.Select(w => w / sum)]
            : throw new RequestException("The blend's weights are all 0; use one above 0.");
    }

    /// <summary>The paper's style layers.</summary>
    public static IReadOnlyList<string> FiveBlocks { get; } = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"];

    /// <summary>The blocks in which the picture is evaluated, or those of a band of it; parameters as those of <see cref="PictureBlock.Cut"/>.</summary>
    public IReadOnlyList<PictureBlock> Blocks(int height, int width, int blockSize, Band? band = null) =>
        PictureBlock.Cut(Deepest(), height, width, blockSize, band, Tiles);

    /// <summary>The layers that any loss looks at.</summary>
    public IEnumerable<VggLayer> Layers => ContentLayers.Concat(StyleLayers).Select(l => l.Vgg);

    /// <summary>The deepest of them.</summary>
    public VggLayer Deepest() => Layers.MaxBy(l => l.Index)
        ?? throw new RequestException("The objective has neither content nor style layers; name at least one.");
}
