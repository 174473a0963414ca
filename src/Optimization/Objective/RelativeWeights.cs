namespace GpuStyle.Optimization;

/// <summary>
/// Weights that mean the same for every network, layer, loss, size and pair of pictures: each term is measured by what it is of two pictures
/// that a run has anyway.
/// <code>
/// style     w_s sum over l of w_l E_l(x) / E_l(photograph) / sum of w_l        1: nothing of the painting yet
/// content   w_c sum over l of w_l L_l(x) / L_l(painting) / sum of w_l          1: nothing of the photograph any more
/// variation w_v V(x) / V(painting)                                             1: as rough as the painting
/// </code>
/// The painting is stretched to the picture's size; of several the mean counts, by their shares. In the place of a photograph or a painting
/// that is not there stands a picture of one color, the other's mean. Losses that are cosines mean the same as they are, and stay, but for
/// <see cref="StyleLossKind.Neighbors"/> beside a content loss that is measured: a sum over layers and both sides would drown it.
/// </summary>
internal static class RelativeWeights
{
    /// <summary>Of a term's value at the other picture: where a picture is its own painting, say, its loss there is 0.</summary>
    const double Least = 1e-6;

    /// <summary>Whether the settings have terms that are to be measured.</summary>
    public static bool AreWanted(ObjectiveSettings settings) =>
        settings.RelativeWeights && !settings.NormaliseGradients && (StyleIs(settings) || ContentIs(settings) || settings.TvWeight > 0);

    /// <summary>The time that measuring takes at a size, in evaluations: a pass forward, of two directions, for each picture.</summary>
    public static double Evaluations(ObjectiveSettings settings, int styles) =>
        AreWanted(settings) && (StyleIs(settings) || ContentIs(settings)) ? (1 + Math.Max(1, styles)) / 2.0 : 0;

    /// <summary>Weighs an objective for losses as they are, if its settings' weights are relative ones.</summary>
    /// <param name="objective">The objective, whose weights have not been touched.</param>
    /// <param name="content">The photograph, if there is one.</param>
    /// <param name="styles">The paintings, if there are any.</param>
    public static void Apply(IStyleObjective objective, PictureSource? content, IReadOnlyList<PictureSource> styles)
    {
        var settings = objective.Settings;
        if (!AreWanted(settings)) return;
        var (_, height, width) = objective.Picture;
        using var unused = objective.Device.Allocate(objective.Picture);
        var shares = settings.StyleShares(Math.Max(1, styles.Count)).Select((share, i) => (Share: share, Style: i)).Where(s => s.Share > 0);
        var paintings = shares.Select(s => (At(styles.Count == 0 ? Flat(content!) : styles[s.Style]), s.Share));
        objective.Weigh(Of(settings, At(content ?? Flat(styles[0])), [.. paintings]));

        Losses At(PictureSource source)
        {
            using var picture = source.Upload(objective.Device, height, width);
            objective.Measure(picture, unused);
            return objective.ReadLosses();
        }

        PictureSource Flat(PictureSource other)
        {
            if (!objective.Device.HasValues) return other;
            float[] pixels = other.AtSize(height, width);
            float[] means = [.. pixels.Chunk(height * width).Select(channel => channel.Average())];
            return new(height, width, (h, w) => [.. means.SelectMany(mean => Enumerable.Repeat(mean, h * w))]);
        }
    }

    /// <summary>The settings with weights for the losses as they are.</summary>
    /// <param name="settings">Those with relative weights.</param>
    /// <param name="atPhotograph">The losses of the photograph.</param>
    /// <param name="atPaintings">Those of the paintings, each with its share.</param>
    public static ObjectiveSettings Of(ObjectiveSettings settings, Losses atPhotograph, IReadOnlyList<(Losses Losses, double Share)> atPaintings)
    {
        double AtPaintings(Func<Losses, double> value) => atPaintings.Sum(p => p.Share * value(p.Losses));
        var result = settings with { RelativeWeights = false };
        if (StyleIs(settings))
            result = result with
            {
                StyleLayers = Shared(settings.StyleLayers, atPhotograph.StyleLayers, l => AtPaintings(p => p.StyleLayers[l]))
            };
        if (ContentIs(settings))
            result = result with
            {
                ContentLayers = Shared(settings.ContentLayers, [.. settings.ContentLayers.Select((_, l) => AtPaintings(p => p.ContentLayers[l]))],
                    l => atPhotograph.ContentLayers[l])
            };
        return result with { TvWeight = settings.TvWeight / Unit(AtPaintings(p => p.Tv), atPhotograph.Tv) };
    }

    static IReadOnlyList<LayerWeight> Shared(IReadOnlyList<LayerWeight> layers, IReadOnlyList<double> units, Func<int, double> others)
    {
        double sum = layers.Sum(l => l.Weight);
        return sum == 0 ? layers : [.. layers.Select((l, i) => l with { Weight = l.Weight / sum / Unit(units[i], others(i)) })];
    }

    static double Unit(double value, double other) => Math.Max(value, Least * other) is > 0 and var unit && double.IsFinite(unit) ? unit : 1;

    /// <summary>Whether the style loss is measured.</summary>
    public static bool StyleIs(ObjectiveSettings settings) => settings.StyleLayers.Count > 0
        && (settings.StyleLoss == StyleLossKind.Neighbors ? ContentIs(settings) : StyleLoss.ComparesStatistics(settings.StyleLoss));

    /// <summary>Whether the content loss is measured.</summary>
    public static bool ContentIs(ObjectiveSettings settings) => settings.ContentLayers.Count > 0
        && settings.ContentForm is not (ContentForm.Cosine or ContentForm.SelfSimilarity);
}
