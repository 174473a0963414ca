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

    /// <summary>Evaluations that measuring takes at a size.</summary>
    public static int Evaluations(ObjectiveSettings settings, int styles) => AreWanted(settings) ? 1 + Math.Max(1, styles) : 0;

    /// <summary>The objective whose losses are measured: of style and content those that are, the variation, and as little else as there can be.</summary>
    public static ObjectiveSettings Measured(ObjectiveSettings settings) => settings with
    {
        RelativeWeights = false,
        ColorWeight = 0,
        ContentLayers = ContentIs(settings) ? settings.ContentLayers : [],
        // An objective has a layer at least, if only the variation is measured.
        StyleLayers = StyleIs(settings) ? settings.StyleLayers : ContentIs(settings) ? [] : [new("relu1_1", 1)],
        StyleLoss = StyleIs(settings) ? settings.StyleLoss : StyleLossKind.Gram,
    };

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

    static bool StyleIs(ObjectiveSettings settings) => settings.StyleLayers.Count > 0 && settings.StyleLoss switch
    {
        StyleLossKind.Gram or StyleLossKind.GramMoments or StyleLossKind.Covariance or StyleLossKind.Wasserstein => true,
        StyleLossKind.Neighbors => ContentIs(settings),
        _ => false,
    };

    static bool ContentIs(ObjectiveSettings settings) => settings.ContentLayers.Count > 0
        && settings.ContentForm is not (ContentForm.Cosine or ContentForm.SelfSimilarity);
}
