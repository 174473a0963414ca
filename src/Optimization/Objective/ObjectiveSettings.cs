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

/// <summary>How the content loss of a layer with N channels and M positions is normalised.</summary>
public enum ContentForm
{
    /// <summary>The paper, equation 1: half the sum of (F - P)^2.</summary>
    HalfSum,

    /// <summary>The mean of (F - P)^2: neural-style, and the authors' own notebooks.</summary>
    Mean,
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

    /// <summary>How the network pools.</summary>
    public PoolingKind Pooling { get; init; }

    /// <summary>Factor on pixels before the network's mean is subtracted: 1, or neural-style's 256/255.</summary>
    public double PixelScale { get; init; } = 1;

    /// <summary>The paper's style layers.</summary>
    public static IReadOnlyList<string> FiveBlocks { get; } = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"];

    /// <summary>The layers that any loss looks at.</summary>
    internal IEnumerable<VggLayer> Layers => ContentLayers.Concat(StyleLayers).Select(l => l.Vgg);

    /// <summary>The deepest of them.</summary>
    public VggLayer Deepest() => Layers.MaxBy(l => l.Index)
        ?? throw new ArgumentException("The objective has neither content nor style layers; name at least one.");
}
