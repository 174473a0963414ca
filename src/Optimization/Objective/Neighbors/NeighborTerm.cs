using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>A painting's samples, or several paintings', for each grid, and the share of the loss against them.</summary>
internal sealed record NeighborTarget(IReadOnlyList<Tensor> Grids, double Share, ScalarSlot Near, ScalarSlot Covered);

/// <summary>
/// <see cref="StyleLossKind.Neighbors"/> at a layer, or in a region of it. With z_p the samples of the picture, y_q those of the painting,
/// each without the mean of theirs and of length 1
/// <code>
/// L = sum over p of w_p (1 - max over q of z_p . y_q) / sum of w  +  cover mean over q of (1 - max over p of z_p . y_q)
/// </code>
/// The first term is "feature splitting" (Kolkin et al. 2022, section 3.4), the second the same from the painting's side, as in the relaxed
/// transport of STROTSS (Kolkin et al. 2019, equation 5), added instead of the larger of the two. No gradient goes through the choice.
/// </summary>
internal sealed class NeighborTerm : SampledTerm
{
    readonly IReadOnlyList<NeighborTarget> targets;
    readonly double cover;
    readonly Tensor nearest, nearestOfTarget;

    /// <summary>
    /// Allocates the term. Its share is that of the region among the layer's regions; cover weighs the painting's side; the rest is as in
    /// <see cref="SampledTerm"/>.
    /// </summary>
    public NeighborTerm(VggLayer layer, double share, double cover, IReadOnlyList<NeighborTarget> targets,
        SampleGrid[] grids, IReadOnlyList<PictureBlock> blocks, SampleClock clock, TensorList owned)
        : base(layer, targets[0].Grids[0].Shape.Width, grids, blocks, clock, owned)
    {
        (this.targets, this.cover, Share) = (targets, cover, share);
        nearest = owned.Allocate(IMoments.Vector(grids.Max(g => g.Points.Count)));
        nearestOfTarget = owned.Allocate(IMoments.Vector(targets.Max(t => t.Grids.Max(g => g.Shape.Height))));
    }

    public override double Share { get; }

    public override double Loss(ReadOnlySpan<double> sums)
    {
        double loss = 0;
        foreach (var target in targets)
            loss += target.Share * (sums[target.Near.Index] / Grid.Mass + cover * sums[target.Covered.Index] / Of(target).Shape.Height);
        return Share * loss;
    }

    protected override void Pull(Tensor samples, Tensor? weights, Tensor gradient)
    {
        var matching = samples.Device.Matching;
        var ofSamples = nearest.As(IMoments.Vector(samples.Shape.Height));
        // Samples that do not stand for the region cover nothing.
        var strong = samples.As(IMatching.Samples(Grid.Strong, samples.Shape.Width));
        bool all = Grid.Strong == samples.Shape.Height;
        foreach (var target in targets)
        {
            var painting = Of(target);
            var ofTarget = nearestOfTarget.As(IMoments.Vector(painting.Shape.Height));
            double factor = Weight * Share * target.Share;
            matching.Match(samples, painting, ofSamples, all && cover > 0 ? ofTarget : null);
            matching.Pull(samples, painting, ofSamples, weights, factor / Grid.Mass, target.Near, gradient);
            if (cover == 0) continue;
            if (!all) matching.Match(strong, painting, null, ofTarget);
            matching.Cover(samples, painting, ofTarget, factor * cover / painting.Shape.Height, target.Covered, gradient);
        }
    }

    Tensor Of(NeighborTarget target) => target.Grids[Clock.Of(target.Grids.Count)];
}
