namespace GpuStyle.Imaging;

/// <summary>How a result keeps the content's colours.</summary>
public enum ColourKind
{
    /// <summary>It does not: colours are part of the style.</summary>
    None,

    /// <summary>The run sees no colours; its result takes the content's.</summary>
    Luminance,

    /// <summary>The style pictures take the content's colours first, by histograms of each coordinate.</summary>
    Histogram,

    /// <summary>The same by the colours' mean and covariance.</summary>
    Covariance,

    /// <summary>The result takes the content's colours, moved to the style pictures' mean and covariance: <see cref="NnstColours"/>.</summary>
    Nnst,
}

/// <summary>
/// What is done to the pictures of a run so that its result has the content's colours (Gatys, Ecker, Bethge, Hertzmann and Shechtman 2017, "Controlling
/// perceptual factors in neural style transfer", section 5).
/// </summary>
/// <param name="Kind">The way.</param>
/// <param name="Space">Where colours are compared and changed.</param>
/// <param name="Root">Which matrix, for <see cref="ColourKind.Covariance"/>.</param>
public sealed record ContentColours(ColourKind Kind, ColourSpace Space, CovarianceRoot Root)
{
    /// <summary>Colours are left alone.</summary>
    public static ContentColours Ignored { get; } = new(ColourKind.None, ColourSpace.Rgb, CovarianceRoot.Pca);

    /// <summary>What is done to the content picture, and to any that the run starts from; null: nothing.</summary>
    public ColourMap? OfContent() => Kind == ColourKind.Luminance ? ColourTransfer.Luminance(Space) : null;

    /// <summary>What is done to each style picture; null: nothing.</summary>
    /// <param name="content">Gives the content picture's statistics, at the size of the result; null: there is no such picture.</param>
    /// <param name="styles">Give the style pictures' statistics, at their sizes.</param>
    public IReadOnlyList<ColourMap?> OfStyles(Func<ColourSpace, ColourStatistics>? content, IEnumerable<Func<ColourSpace, ColourStatistics>> styles)
    {
        if (Kind is ColourKind.None or ColourKind.Nnst || content is null) return [.. styles.Select(_ => (ColourMap?)null)];
        var wanted = content(Space);
        return [.. styles.Select(style => style(Space)).Select(own => Kind switch
        {
            ColourKind.Luminance => ColourTransfer.Luminance(own, wanted),
            ColourKind.Histogram => ColourTransfer.Histogram(own, wanted),
            _ => ColourTransfer.Covariance(own, wanted, Root),
        })];
    }

    /// <summary>What becomes of a picture that a run has made, at any size. Where that is more than the picture itself, it is held as a whole.</summary>
    /// <param name="result">The picture.</param>
    /// <param name="content">Gives the content picture [3,H,W] at a height and width.</param>
    /// <param name="styles">Gives the style pictures [3,H',W'], of any size, and how much each counts.</param>
    public PictureRows Finished(PictureRows result, Func<int, int, float[]> content, Func<IReadOnlyList<(float[] Rgb, double Share)>> styles)
    {
        if (Kind is not (ColourKind.Luminance or ColourKind.Nnst)) return result;
        var picture = result.Whole();
        if (Kind == ColourKind.Nnst) NnstColours.Apply(picture.Rgb, content(result.Height, result.Width), result.Width, styles());
        else ColourTransfer.WithChrominance(picture.Rgb, content(result.Height, result.Width), picture.Rgb, Space);
        return PictureRows.Of(picture) with { Alpha = result.Alpha };
    }
}
