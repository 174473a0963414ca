using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// One loss on one layer's features, and its weight in the total. An evaluation shows a term the features of each block twice: on the way
/// forward, where it may add up statistics, and on the way back, where it gives its gradient; <see cref="Finish"/> comes between. A term
/// that has no statistics may be shown them on the way back alone.
/// Where several devices share the blocks, a term on each sees its device's blocks; their <see cref="Statistics"/> are added before each goes
/// on with the whole's. So a term adds to its slot what the whole picture gives in <see cref="Finish"/>, and what a block gives in <see cref="Gradient"/>.
/// </summary>
internal abstract class TapTerm(VggLayer layer)
{
    /// <summary>The layer.</summary>
    public VggLayer Layer { get; } = layer;

    /// <summary>The factor on this term's loss in the total: the loss's weight times the layer's.</summary>
    public double Weight { get; set; } = 1;

    /// <summary>A further factor, counted in the loss, too: the part of the layer that a term of some regions looks at.</summary>
    public virtual double Share => 1;

    /// <summary>The loss before its weight, from the sums of an evaluation.</summary>
    public abstract double Loss(ReadOnlySpan<double> sums);

    /// <summary>What <see cref="Visit"/> adds up over the blocks and <see cref="Finish"/> reads: sums over positions.</summary>
    public virtual IReadOnlyList<Tensor> Statistics => [];

    /// <summary>Forgets what an earlier evaluation added up.</summary>
    public virtual void Begin() { }

    /// <summary>A block's features [N,H,W] on the way forward, of which those in <paramref name="region"/> are its own.</summary>
    public virtual void Visit(int block, Tensor features, Region region) { }

    /// <summary>All features have been seen.</summary>
    public virtual void Finish() { }

    /// <summary>Where no gradient is wanted: adds to the term's slot what <see cref="Gradient"/> adds there.</summary>
    public virtual void Measure(int block, Tensor features, Region region) { }

    /// <summary>Gives the weighted gradient with respect to a block's features, and 0 outside the region.</summary>
    public abstract void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate);
}

/// <summary>
/// Content (Gatys, Ecker and Bethge 2016, equations 1 and 2): factor times the sum of (F - P)^2, where P are the features of the
/// content picture. Factor: 1/2 in the paper, 1/(N M) in <see cref="ContentForm.Mean"/>, 1 over the sum of P^2 in
/// <see cref="ContentForm.Relative"/>, 1/(2 sqrt(N M)) in <see cref="ContentForm.HalfSumOverRoot"/>.
/// </summary>
/// <param name="layer">The layer.</param>
/// <param name="slot">Where the sum of squares goes.</param>
/// <param name="factor">The loss is this times that sum.</param>
/// <param name="targets">P of each block, of what it owns, shared by the terms of a layer.</param>
/// <param name="looks">How often an evaluation asks for the gradient, which adds up the squares each time.</param>
internal sealed class ContentTerm(VggLayer layer, ScalarSlot slot, double factor, IReadOnlyList<Tensor> targets, int looks = 1) : TapTerm(layer)
{
    public override double Loss(ReadOnlySpan<double> sums) => factor * sums[slot.Index] / looks;

    public override void Measure(int block, Tensor features, Region region) =>
        features.Device.SquaredError.Evaluate(features, 1, targets[block], region, slot, null, 0, accumulate: false);

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate) =>
        features.Device.SquaredError.Evaluate(features, 1, targets[block], region, slot, gradient, 2 * Weight * factor, accumulate);
}
