using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Weights that mean the same for every network, layer, loss, size and pair of pictures: each term is measured by what it is of two pictures
/// that a run has anyway.
/// <code>
/// style     w_s sum over l of w_l E_l(x) / E_l(photograph) / sum of w_l        1: nothing of the painting yet
/// content   w_c sum over l of w_l L_l(x) / L_l(painting) / sum of w_l          1: nothing of the photograph any more
/// variation w_v V(x) / V(painting)                                             1: as rough as the painting
/// </code>
/// The painting is stretched to the picture's size; of several the mean counts. Losses that are cosines mean the same as they are, and stay.
/// </summary>
internal static class RelativeWeights
{
    /// <summary>Of a term's value at the other picture: where a picture is its own painting, say, its loss there is 0.</summary>
    const double Least = 1e-6;

    /// <summary>Whether the settings have terms that are to be measured.</summary>
    public static bool AreWanted(ObjectiveSettings settings) =>
        settings.RelativeWeights && !settings.NormaliseGradients && (StyleIs(settings) || ContentIs(settings) || settings.TvWeight > 0);

    /// <summary>The settings with weights for the losses as they are.</summary>
    /// <param name="settings">Those with relative weights.</param>
    /// <param name="losses">What the losses of a picture are, at the size of the run.</param>
    /// <param name="photograph">The photograph; without one, what the run begins with.</param>
    /// <param name="paintings">The paintings at the photograph's size; without any, what the run begins with.</param>
    public static ObjectiveSettings Of(ObjectiveSettings settings, Func<Tensor, Losses> losses, Func<Tensor> photograph, IReadOnlyList<Func<Tensor>> paintings)
    {
        var atPhotograph = At(photograph);
        Losses[] all = [.. paintings.Select(At)];
        double AtPaintings(Func<Losses, double> value) => all.Average(value);
        var result = settings with { RelativeWeights = false };
        if (StyleIs(settings))
            result = result with
            {
                StyleLayers = Measured(settings.StyleLayers, atPhotograph.StyleLayers, l => AtPaintings(p => p.StyleLayers[l]))
            };
        if (ContentIs(settings))
            result = result with
            {
                ContentLayers = Measured(settings.ContentLayers, [.. settings.ContentLayers.Select((_, l) => AtPaintings(p => p.ContentLayers[l]))],
                    l => atPhotograph.ContentLayers[l])
            };
        return result with { TvWeight = settings.TvWeight / Unit(AtPaintings(p => p.Tv), atPhotograph.Tv) };

        Losses At(Func<Tensor> picture)
        {
            using var pixels = picture();
            return losses(pixels);
        }
    }

    static IReadOnlyList<LayerWeight> Measured(IReadOnlyList<LayerWeight> layers, IReadOnlyList<double> units, Func<int, double> others)
    {
        double sum = layers.Sum(l => l.Weight);
        return sum == 0 ? layers : [.. layers.Select((l, i) => l with { Weight = l.Weight / sum / Unit(units[i], others(i)) })];
    }

    static double Unit(double value, double other) => Math.Max(value, Least * other) is > 0 and var unit && double.IsFinite(unit) ? unit : 1;

    static bool StyleIs(ObjectiveSettings settings) => settings.StyleLayers.Count > 0
        && settings.StyleLoss is StyleLossKind.Gram or StyleLossKind.GramMoments or StyleLossKind.Covariance or StyleLossKind.Wasserstein;

    static bool ContentIs(ObjectiveSettings settings) => settings.ContentLayers.Count > 0
        && settings.ContentForm is not (ContentForm.Cosine or ContentForm.SelfSimilarity);
}
