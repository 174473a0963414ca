using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// A loss on samples of a layer, each without the samples' mean and of length 1. An evaluation gathers those of one grid from all blocks;
/// what pulls at them comes back to their positions.
/// </summary>
internal abstract class SampledTerm : TapTerm
{
    readonly SampleGrid[] grids;
    readonly SampleMap?[][] maps;
    readonly Tensor?[] weights;
    readonly Tensor samples, gradient, lengths;

    /// <summary>Allocates the samples.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="channels">Its channels.</param>
    /// <param name="grids">Where it is looked at.</param>
    /// <param name="blocks">This device's blocks of the picture.</param>
    /// <param name="clock">Says which grid is next.</param>
    /// <param name="owned">Where all of it is allocated.</param>
    protected SampledTerm(VggLayer layer, int channels, SampleGrid[] grids, IReadOnlyList<PictureBlock> blocks, SampleClock clock,
        TensorList owned)
        : base(layer)
    {
        (this.grids, Clock) = (grids, clock);
        int most = grids.Max(g => g.Points.Count);
        (samples, gradient) = (owned.Allocate(IMatching.Samples(most, channels)), owned.Allocate(IMatching.Samples(most, channels)));
        lengths = owned.Allocate(IMatching.Lengths(most));
        maps = [.. grids.Select(grid => blocks.Select(block => grid.Map(block, layer, owned)).ToArray())];
        weights = [.. grids.Select(grid => grid.Weights is null ? null : owned.Allocate(IMoments.Vector(grid.Weights.Length), grid.Weights))];
    }

    public override IReadOnlyList<Tensor> Statistics => [samples];

    /// <summary>The grid that the evaluation looks at.</summary>
    protected SampleGrid Grid => grids[Number];

    /// <summary>Says which grid that is, and which of a target's.</summary>
    protected SampleClock Clock { get; }

    int Number => Clock.Of(grids.Length);

    Tensor Samples => samples.As(IMatching.Samples(Grid.Points.Count, samples.Shape.Width));

    Tensor Pulled => gradient.As(IMatching.Samples(Grid.Points.Count, samples.Shape.Width));

    // Other blocks' rows, of other devices, are added to these.
    public override void Begin() => samples.Device.Vectors.Fill(samples, 0);

    public override void Visit(int block, Tensor features, Region region)
    {
        if (maps[Number][block] is { } map) features.Device.Matching.Gather(features, map, Samples, 0);
    }

    public override void Finish()
    {
        var device = samples.Device;
        var own = lengths.As(IMatching.Lengths(Grid.Points.Count));
        device.Matching.Center(Samples, own);
        device.Vectors.Fill(Pulled, 0);
        Pull(Samples, weights[Number], Pulled);
        device.Matching.CenterGradient(Samples, own, Pulled);
    }

    /// <summary>
    /// Adds the losses to their slots and the weighted gradient with respect to the samples to <paramref name="gradient"/>.
    /// </summary>
    /// <param name="samples">The grid's, without mean and of length 1.</param>
    /// <param name="weights">How much each counts; null: all count 1.</param>
    /// <param name="gradient">As many rows.</param>
    protected abstract void Pull(Tensor samples, Tensor? weights, Tensor gradient);

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate)
    {
        if (!accumulate) features.Device.Vectors.Fill(gradient, 0);
        if (maps[Number][block] is { } map) features.Device.Matching.Scatter(Pulled, 0, map, gradient);
    }
}
