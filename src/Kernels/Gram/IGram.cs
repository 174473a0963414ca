namespace GpuStyle.Kernels;

/// <summary>
/// Gram matrices of features (Gatys, Ecker and Bethge 2016, equation 3) and their gradient.
/// <code>
/// G[i,j]  = sum over positions p of F[i,p] F[j,p]
/// dF[i,p] = sum over j of D[i,j] F[j,p]            for a symmetric D, the gradient with respect to G times two
/// </code>
/// Sums run over a region, so that the Gram matrix of a picture can be added up block by block.
/// </summary>
public interface IGram
{
    /// <summary>Adds F F^T over <paramref name="region"/> of <paramref name="features"/> [N,H,W] to <paramref name="gram"/> [1,N,N].</summary>
    void Accumulate(Tensor features, Region region, Tensor gram);

    /// <summary>
    /// D F over <paramref name="region"/>: <paramref name="gradient"/> [N,H,W] is added to if <paramref name="accumulate"/>;
    /// otherwise it is overwritten, with 0 outside the region. <paramref name="matrix"/> D [1,N,N] is symmetric.
    /// </summary>
    void Gradient(Tensor features, Region region, Tensor matrix, Tensor gradient, bool accumulate);

    /// <summary>Adds the scratch of both operations for a region of features of a shape.</summary>
    void ForecastScratch(Shape features, Region region, ScratchForecast forecast) { }

    /// <summary>Throws unless the matrix has the order of the features' channels and the region lies inside them.</summary>
    static void Check(Tensor features, Region region, Tensor matrix, Tensor? gradient = null)
    {
        region.CheckedIn(features.Shape);
        if (gradient is not null && gradient.Shape != features.Shape)
            throw new ArgumentException($"A gradient of {gradient.Shape} does not fit features of {features.Shape}.");
        if (matrix.Shape != Shape.Matrix(features.Shape.Channels))
            throw new ArgumentException($"The Gram matrix of {features.Shape} is {Shape.Matrix(features.Shape.Channels)}, not {matrix.Shape}.");
    }
}
