using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// <see cref="StyleLossKind.Wasserstein"/>: the distance of normal distributions (Olkin and Pukelsheim 1982), over N. With R = C_a^1/2 and
/// A = R C R, whose root's derivative is tr(d A^1/2) = 1/2 tr(A^-1/2 dA):
/// <code>
/// N L = |m - m_a|^2 + tr C + tr C_a - 2 tr A^1/2      S = 2 (I - R A^-1/2 R) / (N M)      v = 2 (m - m_a) / (N M) - S m
/// </code>
/// Both covariances get e I added, with e = <see cref="Smoothing"/> times the target's Frobenius norm, as if both features had a little
/// noise: deep layers of small pictures have fewer positions than channels, and the root of a matrix with eigenvalues near 0 has no
/// derivative there. style-transfer-pytorch adds a fixed 1e-4 and stops its iteration early.
/// </summary>
internal sealed class WassersteinLoss : StyleLoss
{
    const double Smoothing = 2e-3;

    /// <summary>
    /// Of the trace of G/M: some hundred times float32's rounding, and far below the smoothing of pictures that are not flat.
    /// </summary>
    const double LeastSmoothing = 1e-5;

    readonly double smoothing;
    readonly Tensor targetRoot, covariance, product, root, inverseRoot;

    public WassersteinLoss(StyleTarget target, double share, ScalarSlot slot, TensorList owned)
        : base(target, share, slot, 1.0 / target.Gram.Shape.Width)
    {
        var shape = target.Gram.Shape;
        (targetRoot, covariance, product) = (owned.Allocate(shape), owned.Allocate(shape), owned.Allocate(shape));
        (root, inverseRoot) = (owned.Allocate(shape), owned.Allocate(shape));
        target.Covariance(covariance);
        using var sums = Device.AllocateScalars(3);
        Device.SquaredError.Evaluate(covariance, 0, covariance, Region.All(shape), new(sums, 0), null, 0, accumulate: false);
        Device.Matrices.Trace(covariance, 1, new(sums, 1));
        Device.Matrices.Trace(target.Gram, 1, new(sums, 2));
        var read = new double[3];
        sums.Read(read);
        // The covariance of a flat picture is the rounding of G/M - m m^T, whose roots are no numbers. One of nothing but zeros takes any smoothing.
        smoothing = Math.Max(Smoothing * Math.Sqrt(read[0]), LeastSmoothing * read[2]) is > 0 and var found ? found : 1;
        Constant = read[1] + 2 * smoothing * shape.Width;
        target.Covariance(covariance, smoothing);
        Device.Matrices.SquareRoot(covariance, targetRoot, inverseRoot);
    }

    protected override double Constant { get; }

    public override void Evaluate(Tensor gram, Tensor? sums, double mass, double weight, Tensor matrix, Tensor? vector, bool accumulate)
    {
        var matrices = Device.Matrices;
        double slope = 2 * weight * Slope / mass;
        Device.SquaredError.Evaluate(sums!, 1 / mass, Target.Mean!, Region.All(sums!.Shape), Slot, vector, slope, accumulate);
        matrices.Combine(gram, 1 / mass, sums, -1 / (mass * mass), 0, covariance);
        matrices.Trace(covariance, 1, Slot);
        matrices.Combine(covariance, 1, null, 0, smoothing, covariance);
        matrices.Multiply(covariance, targetRoot, 1, 0, product);
        matrices.Multiply(targetRoot, product, 1, 0, covariance);
        matrices.SquareRoot(covariance, root, inverseRoot);
        matrices.Trace(root, -2, Slot);
        matrices.Multiply(inverseRoot, targetRoot, 1, 0, product);
        matrices.Multiply(targetRoot, product, -slope, slope, covariance);
        matrices.Apply(covariance, sums, -1 / mass, vector!, accumulate: true);
        if (accumulate) Device.Vectors.Combine([matrix, covariance], [1, 1], matrix);
        else Device.Vectors.Copy(covariance, matrix);
    }
}
