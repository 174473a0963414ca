using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// One loss on one layer's features: a normalising factor times a sum of squares, and its weight in the total. An evaluation
/// shows a term the features of each block twice: on the way forward, where it may add up statistics, and on the way back,
/// where it gives its gradient; <see cref="Finish"/> comes between. A term that has no statistics may be shown them on the way back alone.
/// Where several devices share the blocks, a term on each sees its device's blocks; their <see cref="Statistics"/> are added before each goes
/// on with the whole's. So a term adds to its slot what the whole picture gives in <see cref="Finish"/>, and what a block gives in <see cref="Gradient"/>.
/// </summary>
internal abstract class TapTerm(VggLayer layer, double weight, ScalarSlot slot) : IDisposable
{
    /// <summary>The layer.</summary>
    public VggLayer Layer { get; } = layer;

    /// <summary>The factor on this term's loss in the total: the loss's weight times the layer's.</summary>
    public double Weight { get; } = weight;

    /// <summary>Where the sum of squares is added.</summary>
    protected ScalarSlot Slot { get; } = slot;

    /// <summary>The loss before its weight, from the slot's sum.</summary>
    public double Loss(ReadOnlySpan<double> sums) => Factor * sums[Slot.Index];

    /// <summary>The loss is this times the sum of squares.</summary>
    protected abstract double Factor { get; }

    /// <summary>What <see cref="Visit"/> adds up over the blocks and <see cref="Finish"/> reads: sums over positions.</summary>
    public virtual IReadOnlyList<Tensor> Statistics => [];

    /// <summary>Forgets what an earlier evaluation added up.</summary>
    public virtual void Begin() { }

    /// <summary>A block's features [N,H,W] on the way forward, of which those in <paramref name="region"/> are its own.</summary>
    public virtual void Visit(Tensor features, Region region) { }

    /// <summary>All features have been seen.</summary>
    public virtual void Finish() { }

    /// <summary>Gives the weighted gradient with respect to a block's features, and 0 outside the region.</summary>
    public abstract void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>
/// Content (Gatys, Ecker and Bethge 2016, equations 1 and 2): factor times the sum of (F - P)^2, where P are the features of the
/// content picture. Factor: 1/2 in the paper, 1/(N M) in <see cref="ContentForm.Mean"/>.
/// </summary>
/// <param name="layer">The layer.</param>
/// <param name="weight">Its factor in the total.</param>
/// <param name="slot">Where the sum goes.</param>
/// <param name="form">The normalisation.</param>
/// <param name="targets">P of each block, of what it owns, shared by the terms of a layer.</param>
/// <param name="count">N M: values of this layer in the whole picture.</param>
internal sealed class ContentTerm(VggLayer layer, double weight, ScalarSlot slot, ContentForm form, IReadOnlyList<Tensor> targets, long count)
    : TapTerm(layer, weight, slot)
{
    protected override double Factor { get; } = form == ContentForm.HalfSum ? 0.5 : 1.0 / count;

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate) =>
        features.Device.SquaredError.Evaluate(features, 1, targets[block], region, Slot, gradient, 2 * Weight * Factor, accumulate);

    public override void Dispose()
    {
        foreach (var target in targets) target.Dispose();
    }
}

/// <summary>
/// Style (equations 3 to 6): factor times the sum of (G/M - A)^2, where A is the style picture's Gram matrix over its own M.
/// Factor: 1/(4 N^2) in the paper, 1/N^4 in <see cref="StyleForm.MeanOfNormalised"/>.
/// </summary>
/// <param name="layer">The layer.</param>
/// <param name="weight">Its factor in the total.</param>
/// <param name="slot">Where the sum goes.</param>
/// <param name="form">The normalisation.</param>
/// <param name="target">A [1,N,N], owned by the term.</param>
/// <param name="positions">M: positions of this layer in the whole picture.</param>
internal sealed class StyleTerm(VggLayer layer, double weight, ScalarSlot slot, StyleForm form, Tensor target, long positions)
    : TapTerm(layer, weight, slot)
{
    readonly Tensor gram = target.Device.Allocate(target.Shape);

    protected override double Factor { get; } = form == StyleForm.Paper
        ? 0.25 / Math.Pow(target.Shape.Width, 2)
        : 1 / Math.Pow(target.Shape.Width, 4);

    public override IReadOnlyList<Tensor> Statistics => [gram];

    public override void Begin() => gram.Device.Vectors.Fill(gram, 0);

    public override void Visit(Tensor features, Region region) => features.Device.Gram.Accumulate(features, region, gram);

    /// <summary>The Gram matrix makes room for 4 weight factor (G/M - A) / M, which times F is the gradient.</summary>
    public override void Finish() =>
        gram.Device.SquaredError.Evaluate(gram, 1.0 / positions, target, Region.All(gram.Shape), Slot, gram, 4 * Weight * Factor / positions, accumulate: false);

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate) =>
        features.Device.Gram.Gradient(features, region, gram, gradient, accumulate);

    public override void Dispose()
    {
        gram.Dispose();
        target.Dispose();
    }
}
