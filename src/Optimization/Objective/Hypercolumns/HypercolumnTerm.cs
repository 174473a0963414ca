using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// <see cref="StyleLossKind.Hypercolumns"/>: with x_p the picture's hypercolumns and t_p the painting's that they are to become, which do
/// not change (Kolkin et al. 2022, section 3.3)
/// <code>
/// L = sum over p of w_p (1 - x_p . t_p / (|x_p| |t_p|)) / places of the picture
/// </code>
/// Unlike in the search for neighbors no mean is taken away. Each layer gathers its columns of x; the loss is that of all layers together.
/// </summary>
internal sealed class Hypercolumn
{
    readonly Device device;
    readonly Tensor targets, lengths;
    readonly Tensor? weights;
    readonly ScalarSlot slot;
    readonly double places, factor;

    /// <summary>Allocates x and its gradient.</summary>
    /// <param name="targets">t [1,m,N], which is made of length 1 here.</param>
    /// <param name="weights">w; null: all count 1.</param>
    /// <param name="places">Places of the whole picture.</param>
    /// <param name="factor">The loss's weight in the total.</param>
    /// <param name="slot">Where the sum goes.</param>
    /// <param name="owned">Where all is allocated.</param>
    public Hypercolumn(Tensor targets, float[]? weights, double places, double factor, ScalarSlot slot, TensorList owned)
    {
        (device, this.targets, this.places, this.factor, this.slot) = (owned.Device, targets, places, factor, slot);
        (Samples, Pulled) = (owned.Allocate(targets.Shape), owned.Allocate(targets.Shape));
        lengths = owned.Allocate(IMatching.Lengths(targets.Shape.Height));
        this.weights = weights is null ? null : owned.Allocate(IMoments.Vector(weights.Length), weights);
        device.Matching.Normalize(targets, lengths);
    }

    /// <summary>x, until <see cref="Finish"/> makes it of length 1.</summary>
    public Tensor Samples { get; }

    /// <summary>The weighted gradient with respect to x, after <see cref="Finish"/>.</summary>
    public Tensor Pulled { get; }

    /// <summary>The loss, from the sums of an evaluation.</summary>
    public double Loss(ReadOnlySpan<double> sums) => sums[slot.Index] / places;

    /// <summary>Forgets the last evaluation's x.</summary>
    public void Begin() => device.Vectors.Fill(Samples, 0);

    /// <summary>All of x is there.</summary>
    public void Finish()
    {
        device.Matching.Normalize(Samples, lengths);
        device.Vectors.Fill(Pulled, 0);
        device.Matching.Pull(Samples, targets, null, weights, factor / places, slot, Pulled);
        device.Matching.NormalizeGradient(Samples, lengths, Pulled);
    }
}

/// <summary>
/// A layer's part of a <see cref="Hypercolumn"/>; the first one's begins and ends it. Its loss is an equal part of the whole's.
/// </summary>
/// <param name="part">The layer, its columns and its factor there, which the maps have already.</param>
/// <param name="column">The whole.</param>
/// <param name="leads">Whether it is the first.</param>
/// <param name="share">Its part of the loss.</param>
/// <param name="maps">From each block's features to rows.</param>
internal sealed class HypercolumnTerm(
    ColumnLayout.Part part, Hypercolumn column, bool leads, double share, IReadOnlyList<SampleMap?> maps)
    : TapTerm(part.Layer)
{
    public override IReadOnlyList<Tensor> Statistics => leads ? [column.Samples] : [];

    public override double Loss(ReadOnlySpan<double> sums) => share * column.Loss(sums);

    public override void Begin()
    {
        if (leads) column.Begin();
    }

    public override void Visit(int block, Tensor features, Region region)
    {
        if (maps[block] is { } map) features.Device.Matching.Gather(features, map, column.Samples, part.Column, accumulate: true);
    }

    public override void Finish()
    {
        if (leads) column.Finish();
    }

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate)
    {
        if (!accumulate) features.Device.Vectors.Fill(gradient, 0);
        if (maps[block] is { } map) features.Device.Matching.Scatter(column.Pulled, part.Column, map, gradient);
    }
}
