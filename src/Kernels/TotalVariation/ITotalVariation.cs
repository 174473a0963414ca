namespace GpuStyle.Kernels;

/// <summary>The definitions of total variation in use. dx and dy are differences to the right and lower neighbour.</summary>
public enum TotalVariationKind
{
    /// <summary>Half the sum of dx^2 over every horizontal pair plus dy^2 over every vertical pair.</summary>
    Squared,

    /// <summary>
    /// jcjohnson/neural-style: half the sum of dx^2 + dy^2, both taken only at positions that have a right and a lower
    /// neighbour (that program prints no value; its gradient is this function's).
    /// </summary>
    NeuralStyle,

    /// <summary>ProGamerGov/neural-style-pt: the sum of |dx| over horizontal pairs plus |dy| over vertical pairs; sign(0) = 0.</summary>
    Absolute,

    /// <summary>anishathalye/neural-style: the mean of dx^2 over horizontal pairs plus the mean of dy^2 over vertical pairs.</summary>
    Means,

    /// <summary>
    /// crowsonkb/style-transfer-pytorch, nine points: with the picture's border repeated around it once, 2/3 of the means of dx^2 and dy^2 over all
    /// positions (0 at the last) plus 1/6 of the means of the squared differences along both diagonals over all (H+1)(W+1) squares of four.
    /// </summary>
    NinePoint,

    /// <summary>Squared, each pair times a weight of its own: little along the edges of another picture (<see cref="ITotalVariation.Evaluate"/>).</summary>
    EdgeAware,
}

/// <summary>The factors on half the squares of differences to the right, downwards and along the diagonals.</summary>
internal readonly record struct PairFactors(double Right, double Below, double Diagonal)
{
    /// <summary>Those of a definition that is a sum of squares, for a picture that is wrapped around or not.</summary>
    public static PairFactors Of(TotalVariationKind kind, Shape picture, bool wrap)
    {
        double c = picture.Channels, h = picture.Height, w = picture.Width, edge = wrap ? 0 : 1;
        return kind switch
        {
            TotalVariationKind.Means => new(2 / (c * h * Math.Max(1, w - edge)), 2 / (c * w * Math.Max(1, h - edge)), 0),
            TotalVariationKind.NinePoint => new(4 / (3 * c * h * w), 4 / (3 * c * h * w), 1 / (3 * c * (h + edge) * (w + edge))),
            // The absolute one has no squares to weigh.
            TotalVariationKind.Squared or TotalVariationKind.NeuralStyle or TotalVariationKind.EdgeAware or TotalVariationKind.Absolute =>
                new(1, 1, 0),
            _ => throw Unknown.Kind(kind),
        };
    }
}

/// <summary>Total variation of a picture: a value that is large where neighbours differ, and its gradient.</summary>
public interface ITotalVariation
{
    /// <summary>
    /// Adds the variation of <paramref name="picture"/> [C,H,W] to <paramref name="value"/> and weight times its gradient to
    /// <paramref name="gradient"/> [C,H,W]. <paramref name="pairs"/> [2,H,W], for <see cref="TotalVariationKind.EdgeAware"/> alone, holds the weight of each
    /// position's pair with its right neighbour, and with its lower one. With <paramref name="wrap"/> the picture repeats: the first column is
    /// the last one's right neighbour, the first row the last one's lower one, and means are over all positions.
    /// </summary>
    void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs = null, bool wrap = false);

    /// <summary>Adds the scratch of <see cref="Evaluate"/> for a picture of a shape.</summary>
    void ForecastScratch(Shape picture, ScratchForecast forecast) { }

    /// <summary>Throws unless the shapes fit.</summary>
    static void Check(TotalVariationKind kind, Tensor picture, Tensor gradient, Tensor? pairs)
    {
        if (picture.Shape != gradient.Shape) throw new ArgumentException($"The total variation of {picture.Shape} has no gradient of shape {gradient.Shape}.", nameof(gradient));
        if ((kind == TotalVariationKind.EdgeAware) != (pairs is not null)) throw new ArgumentException($"Weights of pairs belong to {TotalVariationKind.EdgeAware} alone.", nameof(pairs));
        if (pairs is not null && pairs.Shape != picture.Shape with { Channels = 2 }) throw new ArgumentException($"{pairs.Shape} does not hold the weights of the pairs of {picture.Shape}.", nameof(pairs));
    }
}
