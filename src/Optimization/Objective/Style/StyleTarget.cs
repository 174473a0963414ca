using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// The statistics that a style loss aims at: G/M [1,N,N] and, where a loss wants it, the mean m = s/M [1,1,N] of a style picture's features,
/// or of several pictures' in proportion. Both are averages over positions, so that they may be mixed; covariances may not.
/// </summary>
internal sealed record StyleTarget(Tensor Gram, Tensor? Mean)
{
    /// <summary>All 0.</summary>
    public static StyleTarget Empty(TensorList owned, int channels, bool mean) =>
        new(owned.Allocate(Shape.Matrix(channels)), mean ? owned.Allocate(IMoments.Vector(channels)) : null);

    /// <summary>What there is of the two.</summary>
    public IEnumerable<Tensor> Tensors => Mean is null ? [Gram] : [Gram, Mean];

    /// <summary>Adds sums over positions, each times a factor.</summary>
    public void Add(StyleTarget sums, double factor)
    {
        Gram.Device.Vectors.Combine([Gram, sums.Gram], [1, factor], Gram);
        if (Mean is not null) Gram.Device.Vectors.Combine([Mean, sums.Mean!], [1, factor], Mean);
    }

    /// <summary>C = G/M - m m^T into <paramref name="result"/>, plus a constant on the diagonal.</summary>
    public void Covariance(Tensor result, double diagonal = 0) => Gram.Device.Matrices.Combine(Gram, 1, Mean, -1, diagonal, result);
}
