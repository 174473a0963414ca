using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;

namespace GpuStyle.Cli;

/// <summary>Options on whose colours the result has.</summary>
internal sealed class ColourOptions
{
    public Option<string?> Color { get; } = Values.Choice("--color", "how the result keeps the content's colours: not at all; the run sees luminance alone and its result takes the colours; or style pictures take them first, by histograms or by mean and covariance; or, with nnst, the result takes the content's at the end, moved to the style pictures' mean and covariance, as NNST does [default: none; grey stays grey where no picture has a colour]", [.. Kinds.Keys]);
    public Option<string?> Space { get; } = Values.Choice("--color-space", "where --color compares and changes colours [default: rgb; yiq for luminance]", [.. Spaces.Keys]);
    public Option<string?> Root { get; } = Values.Choice("--color-root", "which matrix takes one covariance to another: by Cholesky's triangles, by principal axes, or the symmetric one, which moves colours least [default: pca]", [.. Roots.Keys]);

    public Option<string?> BetweenScales { get; } = Values.Choice("--between-scales", "histogram: at each finer size the picture begins with the style pictures' histograms of red, green and blue [default: none]", "none", "histogram");

    static Dictionary<string, ColourKind> Kinds { get; } = new()
    {
        ["none"] = ColourKind.None,
        ["luminance"] = ColourKind.Luminance,
        ["histogram"] = ColourKind.Histogram,
        ["covariance"] = ColourKind.Covariance,
        ["nnst"] = ColourKind.Nnst,
    };

    static Dictionary<string, ColourSpace> Spaces { get; } = new()
    {
        ["linear"] = ColourSpace.LinearRgb,
        ["rgb"] = ColourSpace.Rgb,
        ["yiq"] = ColourSpace.Yiq,
        ["yuv"] = ColourSpace.Yuv,
        ["lab"] = ColourSpace.Lab,
    };

    static Dictionary<string, CovarianceRoot> Roots { get; } = new()
    {
        ["cholesky"] = CovarianceRoot.Cholesky,
        ["pca"] = CovarianceRoot.Pca,
        ["symmetric"] = CovarianceRoot.Symmetric,
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Color, Space, Root, BetweenScales }) command.Options.Add(option);
    }

    /// <summary>Whether histograms are matched between two sizes.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="style">Whether there is a style picture.</param>
    /// <param name="masks">Whether masks say which style goes where.</param>
    public bool Between(ParseResult parsed, bool style, bool masks)
    {
        if (parsed.GetValue(BetweenScales) is null or "none") return false;
        if (!style) throw new UserErrorException($"{BetweenScales.Name} histogram: there is no style picture whose histograms could be taken; leave it out.");
        if (masks) throw new UserErrorException($"{BetweenScales.Name} histogram takes the style pictures' histograms for the whole picture, and masks say that a style goes to a part of it; leave one of the two out.");
        return true;
    }

    /// <summary>
    /// Whether the result has no color since no picture has; null pictures do not count. It may have one if colors are spoken of,
    /// <c>--color none</c> too.
    /// </summary>
    public bool StaysGray(ParseResult parsed, IEnumerable<PictureInput?> pictures) =>
        parsed.GetValue(Color) is null && pictures.All(p => p?.IsGray != false);

    /// <summary>What of the options works on the whole picture in one array, as the command line has it; null: nothing.</summary>
    public string? NeedsWhole(ParseResult parsed) => parsed.GetValue(Color) is "luminance" or "nnst" ? $"{Color.Name} {parsed.GetValue(Color)}" : parsed.GetValue(BetweenScales) == "histogram" ? $"{BetweenScales.Name} histogram" : null;

    /// <summary>The space that is taken without being asked for; null: one is named, or none is needed.</summary>
    public string? ChosenSpace(ParseResult parsed) => parsed.GetValue(Color) is null or "none" or "nnst" || parsed.GetValue(Space) is not null ? null : DefaultSpace(Kinds[parsed.GetValue(Color)!]);

    static string DefaultSpace(ColourKind kind) => kind == ColourKind.Luminance ? "yiq" : "rgb";

    /// <summary>What is to be done, checked against what pictures there are.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="content">Whether there is a content picture.</param>
    /// <param name="style">Whether there is a style picture.</param>
    public ContentColours Find(ParseResult parsed, bool content, bool style)
    {
        var kind = parsed.GetValue(Color) is { } word ? Kinds[word] : ColourKind.None;
        if (kind is ColourKind.None or ColourKind.Nnst && parsed.GetValue(Space) is not null) throw new UserErrorException($"{Space.Name} says nothing without {Color.Name} luminance, histogram or covariance; give one.");
        if (kind != ColourKind.Covariance && parsed.GetValue(Root) is not null) throw new UserErrorException($"{Root.Name} says nothing without {Color.Name} covariance; leave it out.");
        if (kind == ColourKind.None) return ContentColours.Ignored;
        if (!content) throw new UserErrorException($"{Color.Name} {parsed.GetValue(Color)}: there is no content picture whose colours could be kept; leave it out.");
        if (!style) throw new UserErrorException($"{Color.Name} {parsed.GetValue(Color)}: there is no style picture to keep colours from; leave it out.");
        var space = Spaces[parsed.GetValue(Space) ?? DefaultSpace(kind)];
        if (kind == ColourKind.Luminance && space is (ColourSpace.Rgb or ColourSpace.LinearRgb)) throw new UserErrorException($"{Space.Name} {parsed.GetValue(Space)} has no luminance for {Color.Name} luminance; use yiq, yuv or lab.");
        return new(kind, space, parsed.GetValue(Root) is { } root ? Roots[root] : CovarianceRoot.Pca);
    }
}
