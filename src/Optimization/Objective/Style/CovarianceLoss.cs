using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// <see cref="StyleLossKind.Covariance"/>: the sum of (C - C_a)^2, with C = G/M - m m^T. With E = 4 f (C - C_a) / M: S = E, v = -E m.
/// </summary>
internal sealed class CovarianceLoss : StyleLoss
{
    readonly Tensor covariance, error;

    public CovarianceLoss(StyleTarget target, double share, ScalarSlot slot, double factor, TensorList owned)
        : base(target, share, slot, factor)
    {
        covariance = owned.Allocate(target.Gram.Shape);
        error = owned.Allocate(target.Gram.Shape);
        target.Covariance(covariance);
    }

    public override void Evaluate(Tensor gram, Tensor? sums, double mass, double weight, Tensor matrix, Tensor? vector, bool accumulate)
    {
        Device.Matrices.Combine(gram, 1 / mass, sums, -1 / (mass * mass), 0, error);
        Device.SquaredError.Evaluate(error, 1, covariance, Region.All(gram.Shape), Slot, error, 4 * weight * Slope / mass, accumulate: false);
        Device.Matrices.Apply(error, sums!, -1 / mass, vector!, accumulate);
        if (accumulate) Device.Vectors.Combine([matrix, error], [1, 1], matrix);
        else Device.Vectors.Copy(error, matrix);
    }
}
