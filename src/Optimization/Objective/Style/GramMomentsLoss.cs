using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// <see cref="StyleLossKind.GramMoments"/>: beside the Gram matrices the channels' means m and standard deviations d, each weighing k N^3.
/// <code>
/// S += 2 f k N^3 / M diag((d - d_a) / d)        v = 2 f k N^3 / M (m - m_a - (d - d_a) / d m)
/// </code>
/// </summary>
internal sealed class GramMomentsLoss : StyleLoss
{
    readonly double moments;
    readonly Tensor deviations, scaledMean;

    public GramMomentsLoss(StyleTarget target, double share, ScalarSlot slot, double factor, double k, TensorList owned)
        : base(target, share, slot, factor)
    {
        int channels = target.Gram.Shape.Width;
        moments = k * Math.Pow(channels, 3);
        deviations = owned.Allocate(target.Mean!.Shape);
        scaledMean = owned.Allocate(deviations.Shape);
        float[] gram = Device.Download(target.Gram), mean = Device.Download(target.Mean);
        Device.Upload([.. mean.Select((m, i) => (float)Math.Sqrt(Math.Max(0, gram[i * (channels + 1)] - (double)m * m)))], deviations);
        // The slot's sum has the factor that the means' squares need.
        Device.Vectors.Combine([target.Mean], [Math.Sqrt(moments)], scaledMean);
    }

    public override void Evaluate(Tensor gram, Tensor? sums, double mass, double weight, Tensor matrix, Tensor? vector, bool accumulate)
    {
        double root = Math.Sqrt(moments), slope = 2 * weight * Slope / mass;
        Device.SquaredError.Evaluate(gram, 1 / mass, Target.Gram, Region.All(gram.Shape), Slot, matrix, 2 * slope, accumulate);
        Device.SquaredError.Evaluate(sums!, root / mass, scaledMean, Region.All(sums!.Shape), Slot, vector, slope * root, accumulate);
        Device.Moments.DeviationError(gram, sums, mass, deviations, Slot, moments, matrix, vector!, slope * moments);
    }
}
