using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>What a run's masks say, and lines to be told when it begins.</summary>
internal sealed record RunMasks(Guidance? Guidance, IReadOnlyList<string> Notes);

/// <summary>Regions named by colours: those of the content mask, in the order in which they appear.</summary>
internal sealed class ColourMasks(string contentOption, string styleOption, string[] contentFiles, string[] styleFiles, IReadOnlyList<StyleFile> styles)
{
    /// <summary>
    /// With style masks a region takes, of every style, what has its color there; without, the first region takes the first style and so
    /// on, or all
    /// take the only one. Label 0 is the background, unless there are as many styles as labels with it.
    /// </summary>
    public RunMasks Read(List<MaskPicture> masks, List<MaskPicture> ofStyles, MaskColour? keep)
    {
        if (masks.Count != 1) throw new UserErrorException($"{contentOption} is given {masks.Count} times, with colours that name regions; give one picture, or use --mask-kind grey.");
        var mask = masks[0];
        var colours = mask.Colours();
        if (colours.Count == 0)
            throw new UserErrorException($"{contentOption} {contentFiles[0]}: nothing of it can be seen; give a mask that is not transparent.");
        string listed = string.Join(", ", colours.Select(mask.NameOf));
        int kept = keep is { } colour ? mask.Meant(colour, colours) : -1;
        if (keep is not null && kept < 0) throw new UserErrorException($"--mask-keep {keep}: {contentFiles[0]} has no such colour, but {listed}; use one of them.");
        int background = mask.Labels.Count > 1 && mask.Labels[0] == 0 && (ofStyles.Count > 0 || styles.Count != mask.Labels.Count) ? 0 : -1;
        var planes = mask.Regions(colours);
        var painted = Enumerable.Range(0, colours.Count).Where(i => i != kept && i != background).ToList();
        if (painted.Count == 0) throw new UserErrorException($"{contentOption} {contentFiles[0]} has no other colour than {listed}, which is kept; nothing is left to paint.");
        if (ofStyles.Count == 0 && styles.Count > 1 && styles.Count != painted.Count)
            throw new UserErrorException($"{contentOption} {contentFiles[0]} has {StyleOptions.Count(painted.Count, "region")} "
                + $"({string.Join(", ", painted.Select(i => mask.NameOf(colours[i])))}) for {styles.Count} styles; give one style for each, one for all, or --style-mask.");
        var inStyles = ofStyles.ConvertAll(m => m.Regions(colours));
        var notes = new List<string>();
        double mean = styles.Average(s => s.Weight);
        var regions = painted.Select((i, number) =>
        {
            string region = mask.NameOf(colours[i]);
            RegionStyle[] mine = ofStyles.Count > 0 ? [.. styles.Select((s, k) => new RegionStyle(k, s.Weight, MaskOptions.Source(inStyles[k][i]))).Where((_, k) => inStyles[k][i].Share > 0)]
                : [new(styles.Count == 1 ? 0 : number, 1)];
            if (mine.Length == 0)
                throw new UserErrorException($"{styleOption} {string.Join(", ", styleFiles)} has no {region}, which {contentFiles[0]} has; "
                    + (mask.Labels.Count > 0 ? "give a part of a style that label." : $"colour a part of a style with it, or keep the region with --mask-keep {region}."));
            double weight = ofStyles.Count == 0 && styles.Count > 1 ? styles[number].Weight / mean : 1;
            string name = $"Region {number + 1} ({region})";
            notes.Add($"{name}, {100 * planes[i].Share:f0} % of the picture: {string.Join(", ", mine.Select(s => styles[s.Style].Path))}.");
            return new StyleRegion(name, MaskOptions.Source(planes[i]), mine, weight);
        }).ToList();
        if (background == 0) notes.Add($"Label 0, {100 * planes[0].Share:f0} % of the picture, is the background: no style goes there.");
        if (mask.Labels.Count > 0)
        {
            if (1 - planes.Sum(p => p.Share) is > 0.005 and var rest)
                notes.Add($"{100 * rest:f0} % of the picture has no label: no style goes there.");
            return new(new(regions, MaskOptions.Uncovered([.. painted.Select(i => planes[i])])), notes);
        }
        List<MaskPlane> unstyled = kept < 0 ? [] : [planes[kept]];
        if (mask.Opaque() is { } opaque) unstyled.Add(new(opaque.Width, opaque.Height, Array.ConvertAll(opaque.Values, a => 1 - a)));
        return new(new(regions, unstyled.Count == 0 ? null : MaskOptions.Sum(unstyled)), notes);
    }
}
