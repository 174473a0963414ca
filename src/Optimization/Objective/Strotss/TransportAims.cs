using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>Pixels of a style picture that are rows of a target, from one on.</summary>
internal sealed record TransportUse(int Style, (int Y, int X)[] Pixels, int FirstRow);

/// <summary>Pixels of some styles that a region is compared with together, and the share of the loss against them.</summary>
internal sealed record TransportTarget(double Share, int Rows, IReadOnlyList<TransportUse> Uses);

/// <summary>A region of the picture, the sets of its pixels, and what they are compared with.</summary>
internal sealed record TransportAim(double Share, IReadOnlyList<(int Y, int X)[]> Sets, IReadOnlyList<TransportTarget> Targets)
{
    /// <summary>
    /// All regions. Pixels that are hardly a region's, or a style's, are left out; the others count alike. Where styles are combined as
    /// targets each has pixels in proportion to its share.
    /// </summary>
    /// <param name="settings">How many pixels, from which seed, and how styles are combined.</param>
    /// <param name="guidance">The regions.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="pictures">Shapes of the style pictures.</param>
    /// <param name="notes">Told, a line each, what was left out.</param>
    public static List<TransportAim> Make(ObjectiveSettings settings, Guidance guidance, int height, int width,
        IReadOnlyList<Shape> pictures, List<string> notes)
    {
        var aims = new List<TransportAim>();
        ulong seed = settings.Seed();
        foreach (var region in guidance.Regions)
        {
            float[]? where = region.Where?.AtSize(height, width);
            var sets = PixelSets.OfPicture(height, width, where, settings.Samples, seed);
            var styles = region.Styles.Where(s => s.Weight > 0)
                .Select(s => (Style: s, Mask: s.Mask?.AtSize(pictures[s.Style].Height, pictures[s.Style].Width)))
                .Where(s => s.Mask?.Any(v => v > 0) != false).ToList();
            if (sets.Count == 0 || styles.Count == 0)
            {
                notes.Add($"{region.Name} vanishes at {(sets.Count == 0 ? $"{width}x{height}" : "its style pictures")}: it has no style there.");
                continue;
            }
            bool apart = settings.StyleCombination == StyleCombination.Losses;
            double sum = styles.Sum(s => s.Style.Weight);
            var targets = (apart ? styles.Select(s => new[] { s }) : [[.. styles]]).Select(group =>
            {
                double ofGroup = group.Sum(s => s.Style.Weight);
                var uses = new List<TransportUse>();
                int rows = 0;
                foreach (var (style, mask) in group)
                {
                    var (_, h, w) = pictures[style.Style];
                    int most = Math.Max(1, (int)Math.Min(h * (double)w, PixelSets.OfTarget(settings.Samples) * style.Weight / ofGroup));
                    var pixels = PixelSets.OfPainting(h, w, mask, most, seed + (ulong)(style.Style + 1));
                    uses.Add(new(style.Style, pixels, rows));
                    rows += pixels.Length;
                }
                return new TransportTarget(apart ? ofGroup / sum : 1, rows, uses);
            }).ToList();
            double part = where is null ? 1 : new GuideMap(where, height, width).Mass / ((double)height * width);
            aims.Add(new(region.Weight * part, sets, targets));
        }
        return aims;
    }
}
