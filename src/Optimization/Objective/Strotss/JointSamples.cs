using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>A loss on joint samples.</summary>
internal abstract class JointLoss
{
    /// <summary>The loss before its weight, from the sums of an evaluation.</summary>
    public abstract double Value(ReadOnlySpan<double> sums);

    /// <summary>
    /// Adds the loss to its slots and its weighted gradient with respect to the samples [1,m,N] to <paramref name="gradient"/>.
    /// </summary>
    public abstract void Evaluate(int set, Tensor samples, Tensor gradient);
}

/// <summary>
/// Joint samples of a picture, and a loss on them: an evaluation gathers those of one set from the picture and from all blocks' features,
/// layer by layer, and what comes back of the gradient goes the same way. The layers' terms (<see cref="JointTerm"/>) share it.
/// </summary>
internal sealed class JointSamples
{
    readonly JointColumns columns;
    readonly JointLoss loss;
    readonly SampleClock clock;
    readonly SampleMap?[][][] maps;
    readonly SampleMap[]? ofColors;
    readonly Tensor samples, gradient;

    /// <summary>Allocates the samples, their gradient and the maps to them.</summary>
    /// <param name="columns">What there is in a row.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="sets">The pixels, as many in each set.</param>
    /// <param name="picture">The shape of the picture.</param>
    /// <param name="blocks">This device's blocks of it.</param>
    /// <param name="leads">Whether colors are gathered here.</param>
    /// <param name="clock">Says which set is next.</param>
    /// <param name="owned">Where all of it is allocated.</param>
    public JointSamples(JointColumns columns, JointLoss loss, IReadOnlyList<(int Y, int X)[]> sets, Shape picture,
        IReadOnlyList<PictureBlock> blocks, bool leads, SampleClock clock, TensorList owned)
    {
        (this.columns, this.loss, this.clock, Sets) = (columns, loss, clock, sets.Count);
        var shape = IMatching.Samples(sets[0].Length, columns.Count);
        (samples, gradient) = (owned.Allocate(shape), owned.Allocate(shape));
        var known = new Dictionary<(int Set, int Block, int Pools, float Factor), SampleMap?>();
        maps = [.. sets.Select((set, s) => columns.Layers.Select((layer, l) => blocks.Select((block, b) =>
        {
            // Layers between two poolings have the same places.
            var key = (s, b, layer.PoolsBefore, columns.Factor(l));
            if (!known.TryGetValue(key, out var map))
                known[key] = map = columns.Map(set, 0, l, block, picture.Height, picture.Width, owned);
            return map;
        }).ToArray()).ToArray())];
        if (leads) ofColors = [.. sets.Select(set => JointColumns.MapColors(set, 0, picture.Height, picture.Width, owned))];
    }

    /// <summary>Number of sets.</summary>
    public int Sets { get; }

    /// <summary>What devices that share the picture add up.</summary>
    public Tensor Samples => samples;

    int Set => clock.Of(Sets);

    /// <summary>The loss before its weight.</summary>
    public double Value(ReadOnlySpan<double> sums) => loss.Value(sums);

    /// <summary>Forgets the samples before: rows of other blocks are added to these.</summary>
    public void Begin() => samples.Device.Vectors.Fill(samples, 0);

    /// <summary>Takes the colors.</summary>
    public void Look(Tensor picture)
    {
        if (ofColors is not null) picture.Device.Matching.Gather(picture, ofColors[Set], samples, 0);
    }

    /// <summary>Takes a block's features of a layer.</summary>
    public void Visit(int layer, int block, Tensor features)
    {
        if (maps[Set][layer][block] is { } map) features.Device.Matching.Gather(features, map, samples, columns.First[layer], accumulate: true);
    }

    /// <summary>All samples are there.</summary>
    public void Finish()
    {
        samples.Device.Vectors.Fill(gradient, 0);
        loss.Evaluate(Set, samples, gradient);
    }

    /// <summary>Adds the gradient with respect to the colors to the picture's.</summary>
    public void GiveBack(Tensor ofPicture)
    {
        if (ofColors is not null) ofPicture.Device.Matching.Scatter(gradient, 0, ofColors[Set], ofPicture);
    }

    /// <summary>Adds the gradient with respect to a block's features.</summary>
    public void Gradient(int layer, int block, Tensor ofFeatures)
    {
        if (maps[Set][layer][block] is { } map) ofFeatures.Device.Matching.Scatter(gradient, columns.First[layer], map, ofFeatures);
    }
}

/// <summary>
/// One layer's part in joint samples. The first of a picture's terms begins and finishes for all of them. Each tells the loss of all, over
/// the sum of the layers' weights: weighted, they add up to it.
/// </summary>
internal sealed class JointTerm(JointSamples joint, IReadOnlyList<LayerWeight> layers, int index, double share)
    : TapTerm(layers[index].Vgg)
{
    readonly double sumOfWeights = layers.Sum(l => l.Weight);

    public override double Share => share;

    public override IReadOnlyList<Tensor> Statistics => index == 0 ? [joint.Samples] : [];

    public override double Loss(ReadOnlySpan<double> sums) => sumOfWeights == 0 ? 0 : share * joint.Value(sums) / sumOfWeights;

    public override void Begin()
    {
        if (index == 0) joint.Begin();
    }

    public override void Visit(int block, Tensor features, Region region) => joint.Visit(index, block, features);

    public override void Finish()
    {
        if (index == 0) joint.Finish();
    }

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate)
    {
        if (!accumulate) features.Device.Vectors.Fill(gradient, 0);
        joint.Gradient(index, block, gradient);
    }
}
