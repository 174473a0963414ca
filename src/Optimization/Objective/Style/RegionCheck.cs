using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>Whether masks leave every region a style.</summary>
public static class RegionCheck
{
    /// <summary>
    /// The name of the first region that vanishes, or whose styles' parts do, at every style layer of a picture of this size; null: there
    /// is none.
    /// </summary>
    /// <param name="settings">Style layers, and how masks are carried to them.</param>
    /// <param name="guidance">The regions.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="styles">Heights and widths of the style pictures.</param>
    public static string? FindUnstyled(ObjectiveSettings settings, Guidance guidance, int height, int width,
        IReadOnlyList<(int Height, int Width)> styles)
    {
        VggLayer[] layers = [.. settings.StyleLayers.Select(l => l.Vgg).Distinct()];
        if (layers.Length == 0) return null;
        return guidance.Regions.FirstOrDefault(region =>
        {
            var here = Present(region.Where, height, width);
            return !region.Styles.Any(s => here.Intersect(Present(s.Mask, styles[s.Style].Height, styles[s.Style].Width)).Any());
        })?.Name;

        IEnumerable<VggLayer> Present(MaskSource? mask, int height, int width) =>
            mask is null ? layers
                : GuideMap.Carry(mask.AtSize(height, width), height, width, settings.GuideCarry, layers).Where(m => m.Value.Present).Select(m => m.Key);
    }
}
