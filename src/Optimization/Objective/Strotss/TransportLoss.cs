using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// <see cref="StyleLossKind.Transport"/>: with x_p the picture's samples, y_q the painting's, N numbers in each
/// <code>
/// L = max(mean over p of min over q of d, mean over q of min over p of d)       d = 1 - x_p . y_q / (|x_p| |y_q|)
///   + mean over i of |mu_i - mu'_i| + mean over i, j of |S_ij - S'_ij|           mu, S: means and covariance of x, and of y
/// </code>
/// The relaxed earth mover's distance and the moments (Kolkin et al. 2019, equations 5 and 6). No gradient goes through the choice of the
/// nearest, nor to the smaller of the two means.
/// </summary>
internal sealed class TransportLoss : JointLoss
{
    readonly Device device;
    readonly double weight;
    readonly int rows, columns;
    readonly Target[] targets;
    readonly Tensor work, pull, cover, lengths, nearest, nearestOfTarget, mean, covariance, ones;

    /// <summary>Where a target's four sums go.</summary>
    internal sealed record Slots(ScalarSlot Near, ScalarSlot Covered, ScalarSlot Mean, ScalarSlot Covariance);

    sealed record Target(double Share, Tensor Samples, Tensor Mean, Tensor Covariance, Slots Sums);

    /// <summary>Allocates what an evaluation needs, and takes the painting's moments.</summary>
    /// <param name="weight">Factor on the gradient.</param>
    /// <param name="rows">Samples of the picture.</param>
    /// <param name="targets">
    /// The painting's samples, or several paintings', which become rows of length 1, and the share of the loss against them.
    /// </param>
    /// <param name="owned">Where all of it is allocated.</param>
    public TransportLoss(double weight, int rows, IReadOnlyList<(double Share, Tensor Samples, Slots Sums)> targets, TensorList owned)
    {
        (device, this.weight, this.rows, columns) = (owned.Device, weight, rows, targets[0].Samples.Shape.Width);
        var shape = IMatching.Samples(rows, columns);
        int most = targets.Max(t => t.Samples.Shape.Height);
        (work, pull, cover) = (owned.Allocate(shape), owned.Allocate(shape), owned.Allocate(shape));
        (lengths, nearest, nearestOfTarget) = (owned.Allocate(IMatching.Lengths(rows)), owned.Allocate(IMoments.Vector(rows)),
            owned.Allocate(IMoments.Vector(most)));
        (mean, covariance) = (owned.Allocate(IMoments.Vector(columns)), owned.Allocate(Shape.Matrix(columns)));
        ones = owned.Allocate(IMatching.Samples(Math.Max(rows, most), 1));
        device.Vectors.Fill(ones, 1);
        this.targets = [.. targets.Select(t =>
            new Target(t.Share, t.Samples, owned.Allocate(mean.Shape), owned.Allocate(covariance.Shape), t.Sums))];
        foreach (var target in this.targets)
        {
            using var centered = device.Allocate(target.Samples.Shape);
            using var ofTarget = device.Allocate(IMatching.Lengths(target.Samples.Shape.Height));
            Moments(target.Samples, centered, target.Mean, target.Covariance);
            device.Matching.Normalize(target.Samples, ofTarget);
        }
    }

    /// <summary>Slots that a target's sums need.</summary>
    public const int SlotsOfTarget = 4;

    public override double Value(ReadOnlySpan<double> sums)
    {
        double loss = 0;
        foreach (var (share, samples, _, _, slots) in targets)
            loss += share * (Math.Max(sums[slots.Near.Index] / rows, sums[slots.Covered.Index] / samples.Shape.Height)
                + sums[slots.Mean.Index] / columns + sums[slots.Covariance.Index] / ((double)columns * columns));
        return loss;
    }

    public override void Evaluate(int set, Tensor samples, Tensor gradient)
    {
        foreach (var target in targets) CompareMoments(target, samples, gradient);
        device.Vectors.Copy(samples, work);
        device.Matching.Normalize(work, lengths);
        foreach (var target in targets) Match(target, gradient);
    }

    /// <summary>Gives the means and the covariance of samples, and the samples without their means.</summary>
    void Moments(Tensor samples, Tensor centered, Tensor mean, Tensor covariance)
    {
        double share = 1.0 / samples.Shape.Height;
        var all = ones.As(IMatching.Samples(samples.Shape.Height, 1));
        device.Samples.Multiply(all, true, samples, false, share, mean, accumulate: false);
        device.Vectors.Copy(samples, centered);
        device.Samples.Multiply(all, false, mean, false, -1, centered, accumulate: true);
        device.Samples.Multiply(centered, true, centered, false, share, covariance, accumulate: false);
    }

    /// <summary>Both moments' gradients; that of the covariance has no mean, since the samples beside it have none.</summary>
    void CompareMoments(Target target, Tensor samples, Tensor gradient)
    {
        double factor = weight * target.Share / columns;
        Moments(samples, work, mean, covariance);
        device.Samples.Deviate(mean, target.Mean, factor / rows, target.Sums.Mean);
        device.Samples.Multiply(ones.As(IMatching.Samples(rows, 1)), false, mean, false, 1, gradient, accumulate: true);
        device.Samples.Deviate(covariance, target.Covariance, 1, target.Sums.Covariance);
        device.Samples.Multiply(work, false, covariance, false, 2 * factor / columns / rows, gradient, accumulate: true);
    }

    /// <summary>The relaxed earth mover's distance of the normalized samples.</summary>
    void Match(Target target, Tensor gradient)
    {
        var others = target.Samples;
        int count = others.Shape.Height;
        double factor = weight * target.Share;
        var back = nearestOfTarget.As(IMoments.Vector(count));
        device.Matching.Match(work, others, nearest, back);
        device.Vectors.Fill(pull, 0);
        device.Vectors.Fill(cover, 0);
        device.Matching.Pull(work, others, nearest, null, factor / rows, target.Sums.Near, pull);
        device.Matching.Cover(work, others, back, factor / count, target.Sums.Covered, cover);
        device.Samples.TakeLarger(pull, target.Sums.Near, 1.0 / rows, cover, target.Sums.Covered, 1.0 / count);
        device.Matching.NormalizeGradient(work, lengths, pull);
        device.Vectors.Combine([gradient, pull], [1, 1], gradient);
    }
}
