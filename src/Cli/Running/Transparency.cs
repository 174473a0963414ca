using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>
/// What transparent parts of pictures mean for a run: those of a style picture are no part of its style, and those of the content
/// picture, which stay transparent in the
/// result, take no style. Nothing is painted where the content cannot be seen at all.
/// </summary>
internal static class Transparency
{
    /// <summary>A content of which no more than this can be seen is told.</summary>
    const double LittleSeen = 0.1;

    /// <summary>What the only region is called where there are no masks.</summary>
    public const string WholePicture = "What can be seen";

    /// <summary>
    /// Which style goes where, with masks or without, when only what can be seen of the pictures counts; null: all of them everywhere.
    /// </summary>
    /// <exception cref="UserErrorException">Nothing of a picture can be seen.</exception>
    public static RunMasks Apply(RunMasks masks, ObjectiveSettings settings, PictureInput? content, IReadOnlyList<PictureInput> styles)
    {
        foreach (var picture in styles.Prepend(content).OfType<PictureInput>())
            if (picture.Opacity is { Share: 0 })
                throw new UserErrorException($"{picture.Name}: all of it is transparent, so there is nothing to see; "
                    + "use another picture, or take its transparency away.");
        if (styles.Count == 0 || styles.Prepend(content).All(p => p?.Opacity is null)) return masks;
        var guidance = masks.Guidance ?? Guidance.Everywhere(settings, styles.Count);
        var regions = guidance.Regions.Select(region => region with
        {
            Name = region.Name.Length > 0 ? region.Name : WholePicture,
            Where = Both(region.Where, content?.Opacity),
            Styles = [.. region.Styles.Select(style => style with { Mask = Both(style.Mask, styles[style.Style].Opacity) })],
        });
        MaskPlane? hidden = content?.Opacity is { } opacity
            ? new(opacity.Width, opacity.Height, Array.ConvertAll(opacity.Values, a => a == 0 ? 1f : 0)) : null;
        string[] notes = content?.Opacity is { Share: < LittleSeen and var share }
            ? [$"{content.Name}: {100 * (1 - share):f0} % of it is transparent and stays so; what can be seen is painted."] : [];
        return new(new([.. regions], Either(guidance.Kept, hidden)), [.. masks.Notes, .. notes]);
    }

    static MaskSource? Both(MaskSource? mask, MaskPlane? opacity) => opacity is null ? mask : mask is null ? MaskOptions.Source(opacity)
        : new((height, width) => [.. mask.AtSize(height, width).Zip(opacity.AtSize(height, width), (m, a) => m * a)]);

    static MaskSource? Either(MaskSource? kept, MaskPlane? hidden) => hidden is null ? kept : kept is null ? MaskOptions.Source(hidden)
        : new((height, width) => [.. kept.AtSize(height, width).Zip(hidden.AtSize(height, width), Math.Max)]);
}
