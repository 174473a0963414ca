namespace GpuStyle.Kernels;

/// <summary>
/// Sums of features over weighted positions, and the way back: the first moments of a style, and guidance by masks.
/// A weight w is a plane [1,H,W] over the features' own positions p; without one w[p] = 1.
/// </summary>
public interface IMoments
{
    /// <summary>Adds the sum over <paramref name="region"/> of w[p] F[c,p] to <paramref name="sums"/> [1,1,C], for features F [C,H,W].</summary>
    void Accumulate(Tensor features, Tensor? weights, Region region, Tensor sums);

    /// <summary>
    /// w[p] x[c,p] over <paramref name="region"/>: <paramref name="result"/> [C,H,W] is added to if <paramref name="accumulate"/>; otherwise it
    /// is overwritten, with 0 outside the region. It may be <paramref name="x"/> itself if the region is everything.
    /// </summary>
    void Scale(Tensor x, Tensor weights, Region region, Tensor result, bool accumulate);

    /// <summary>result[c,p] += w[p] v[c] over <paramref name="region"/>, for a <paramref name="vector"/> v [1,1,C] and a <paramref name="result"/> [C,H,W].</summary>
    void Spread(Tensor vector, Tensor? weights, Region region, Tensor result);

    /// <summary>
    /// result = factor / (divisor + <see cref="LeastDivisor"/>) x, plus what it held if <paramref name="accumulate"/>, for a divisor in a slot: a
    /// norm that no host needs to know. Tensors of any shape.
    /// </summary>
    void Divide(Tensor x, double factor, ScalarSlot divisor, Tensor result, bool accumulate);

    /// <summary>What keeps a quotient finite: neural-style's.</summary>
    const double LeastDivisor = 1e-8;

    /// <summary>
    /// Standard deviations against their target, with the way back to the features. With m_i = sums_i / mass and
    /// d_i = sqrt(gram_ii / mass - m_i^2), a channel whose variance is not positive having d_i = 0 and no gradient:
    /// <code>
    /// value += valueFactor sum over i of (d_i - target_i)^2
    /// k_i = gradientFactor (d_i - target_i) / d_i       diagonal_i,i += k_i        vector_i -= k_i m_i
    /// </code>
    /// <paramref name="gram"/> and <paramref name="matrix"/> are [1,N,N] and may be one tensor, the rest [1,1,N].
    /// </summary>
    void DeviationError(Tensor gram, Tensor sums, double mass, Tensor target, ScalarSlot value, double valueFactor, Tensor matrix, Tensor vector, double gradientFactor);

    /// <summary>Adds the scratch of <see cref="Accumulate"/> over a region of features of a shape.</summary>
    void ForecastScratch(Shape features, Region region, ScratchForecast forecast) { }

    /// <summary>Throws unless weights and vector fit the features and the region lies inside them.</summary>
    static void Check(Tensor features, Tensor? weights, Region region, Tensor? vector, Tensor? result = null)
    {
        region.CheckedIn(features.Shape);
        if (weights is not null && weights.Shape != features.Shape with { Channels = 1 }) throw new ArgumentException($"Weights of {weights.Shape} do not fit {features.Shape}.", nameof(weights));
        if (vector is not null && vector.Shape != Vector(features.Shape.Channels)) throw new ArgumentException($"{vector.Shape} is no vector of the channels of {features.Shape}.", nameof(vector));
        if (result is not null && result.Shape != features.Shape) throw new ArgumentException($"{result.Shape} does not fit {features.Shape}.", nameof(result));
    }

    /// <summary>Throws unless all are of one order.</summary>
    static void Check(Tensor gram, Tensor sums, Tensor target, Tensor matrix, Tensor vector)
    {
        var shape = Vector(gram.Shape.Width);
        if (gram.Shape != Shape.Matrix(gram.Shape.Width) || matrix.Shape != gram.Shape || sums.Shape != shape || target.Shape != shape || vector.Shape != shape)
            throw new ArgumentException($"Moments of {gram.Shape}, {sums.Shape}, {target.Shape}, {matrix.Shape} and {vector.Shape} are not of one order.");
    }

    /// <summary>The shape of a number for each of <paramref name="count"/> channels.</summary>
    static Shape Vector(int count) => new(1, 1, count);
}
