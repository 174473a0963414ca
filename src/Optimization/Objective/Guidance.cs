namespace GpuStyle.Optimization;

/// <summary>A mask that can be had at any size: [H,W] in 0..1.</summary>
/// <param name="AtSize">Height and width to values; asked for its own size it gives them unchanged.</param>
public sealed record MaskSource(Func<int, int, float[]> AtSize);

/// <summary>A style in a region.</summary>
/// <param name="Style">Its number among the style pictures.</param>
/// <param name="Weight">Its share beside the region's other styles, in proportion.</param>
/// <param name="Mask">The part of the style picture that counts; null: all of it.</param>
public sealed record RegionStyle(int Style, double Weight, MaskSource? Mask = null);

/// <summary>A part of the picture with styles of its own.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Where">Where it lies in the result; null: everywhere.</param>
/// <param name="Styles">What it looks like.</param>
/// <param name="Weight">A factor on its style loss.</param>
public sealed record StyleRegion(string Name, MaskSource? Where, IReadOnlyList<RegionStyle> Styles, double Weight = 1);

/// <summary>Which style goes where, and what is left as it is.</summary>
/// <param name="Regions">Each is a term of its own at every style layer, as strong for each of its positions as if it were the whole picture.</param>
/// <param name="Kept">Where the content picture's pixels are kept, 1 for entirely; null: nowhere.</param>
public sealed record Guidance(IReadOnlyList<StyleRegion> Regions, MaskSource? Kept = null)
{
    /// <summary>All styles everywhere, in the settings' proportion.</summary>
    public static Guidance Everywhere(ObjectiveSettings settings, int styles) => settings.StyleLayers.Count == 0 ? new([]) :
        new([new("", null, [.. settings.StyleShares(styles).Select((share, i) => new RegionStyle(i, share))])]);
}

/// <summary>What a layer's features are compared in where regions have styles of their own.</summary>
public enum GuideStatistics
{
    /// <summary>A Gram matrix, or whatever the loss compares, for each region (Gatys et al. 2017, section 4.1).</summary>
    Gram,

    /// <summary>One Gram matrix for all, and each region's sum of features (section 4.2): cheaper, and weaker.</summary>
    Sums,
}

/// <summary>How a mask becomes a guidance channel for each layer's positions (Gatys et al. 2017, section 4).</summary>
public enum GuideCarry
{
    /// <summary>Through the network: the mean over each convolution's 3x3 positions and each pooling's 2x2, so that a position has as much of the region as it sees.</summary>
    Average,

    /// <summary>The mask made smaller, as the poolings do, whatever the convolutions see.</summary>
    Simple,

    /// <summary>Through the network by minima: positions that see nothing but the region. Small regions vanish at deep layers.</summary>
    Inside,

    /// <summary>Through the network by maxima: positions that see anything of the region.</summary>
    All,
}
