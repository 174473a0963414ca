using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>A style that a region has at a layer.</summary>
/// <param name="Style">Its number among the style pictures.</param>
/// <param name="Share">Its share, of a sum of 1 over the region's styles there.</param>
/// <param name="Mask">The part of its picture that counts; null: all of it.</param>
/// <param name="Where">The mask at the layer.</param>
internal sealed record StyleUse(int Style, double Share, MaskSource? Mask, GuideMap? Where);

/// <summary>A region at a layer, with the styles that it has there.</summary>
/// <param name="Layer">The layer's number among the settings'.</param>
/// <param name="Region">The region.</param>
/// <param name="Where">Where it lies at the layer; null: everywhere.</param>
/// <param name="Uses">Its styles, one at least.</param>
internal sealed record StyleAim(int Layer, StyleRegion Region, GuideMap? Where, IReadOnlyList<StyleUse> Uses)
{
    /// <summary>All there are, layer by layer. A region has no part in a layer where it, or each of its styles, vanishes.</summary>
    /// <param name="settings">Style layers, and how masks are carried to them.</param>
    /// <param name="guidance">The regions.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="pictures">Shapes of the style pictures.</param>
    /// <param name="change">What is made of each mask at a layer; null: nothing.</param>
    /// <param name="notes">Told, a line each, what was left out.</param>
    public static List<StyleAim> Make(ObjectiveSettings settings, Guidance guidance, int height, int width, IReadOnlyList<Shape> pictures,
        Func<GuideMap, GuideMap>? change, List<string> notes)
    {
        VggLayer[] layers = [.. settings.StyleLayers.Select(l => l.Vgg).Distinct()];
        var regions = guidance.Regions.Select(region => (Region: region, Where: Carry(region.Where, height, width), Styles: region.Styles
            .Select(s => (Style: s, Where: Carry(s.Mask, pictures[s.Style].Height, pictures[s.Style].Width))).ToList())).ToList();
        var aims = new List<StyleAim>();
        for (int l = 0; l < settings.StyleLayers.Count; l++)
            foreach (var (region, where, styles) in regions)
            {
                var layer = settings.StyleLayers[l].Vgg;
                var present = styles.Where(s => s.Style.Weight > 0 && (s.Where?[layer].Present ?? true)).ToList();
                string? absent = where?[layer].Present == false ? $"{width}x{height}" : present.Count == 0 ? "its style pictures" : null;
                if (absent is not null)
                {
                    notes.Add($"{region.Name} vanishes at {layer.Relu} of {absent}: it has no style there.");
                    continue;
                }
                double sum = present.Sum(s => s.Style.Weight);
                aims.Add(new(l, region, where?[layer], [.. present.Select(s => new StyleUse(s.Style.Style, s.Style.Weight / sum, s.Style.Mask, s.Where?[layer]))]));
            }
        return aims;

        Dictionary<VggLayer, GuideMap>? Carry(MaskSource? mask, int h, int w)
        {
            var maps = mask is null ? null : GuideMap.Carry(mask.AtSize(h, w), h, w, settings.GuideCarry, layers);
            return change is null ? maps : maps?.ToDictionary(m => m.Key, m => change(m.Value));
        }
    }
}
