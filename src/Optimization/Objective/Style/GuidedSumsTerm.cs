using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>A region of a <see cref="GuidedSumsTerm"/>, with what the term takes over from it.</summary>
/// <param name="Weight">Its factor.</param>
/// <param name="Mass">The sum of T over the result; without a guide the number of positions.</param>
/// <param name="Guide">With T as its square; null: T is 1 everywhere.</param>
/// <param name="Target">G/M and mean of its styles, where they count.</param>
internal sealed record SummedRegion(double Weight, double Mass, Guide? Guide, StyleTarget Target);

/// <summary>
/// Guided sums (Gatys, Ecker, Bethge, Hertzmann and Shechtman 2017, section 4.2), the cheap way to regions with styles of their own: one Gram matrix for them all, of features with
/// the regions' channels k T_r stacked on them. Beside G that is the sums s_r of T_r F, and products of channels that no picture changes:
/// <code>
/// f ( |G/M - A|^2 + 2 k^2 sum over r of w_r |s_r/M - a_r|^2 )        A = sum of M_r/M A_r       a_r = M_r/M m_r
/// </code>
/// with M_r the sum of T_r, M that of all, and A_r and m_r the Gram matrix and the mean of the region's styles. G counts positions as often as all channels together
/// do. k^2 = tr A: a region's channel has the energy of all features together; with that of one alone it says little beside N^2 entries.
/// </summary>
internal sealed class GuidedSumsTerm : TapTerm
{
    readonly double factor, mass;
    readonly ScalarSlot slot;
    readonly Guide? covered;
    readonly Tensor gram, target;
    readonly List<Part> parts = [];

    /// <summary>Makes the stacked target.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="share">The share of the positions that the regions cover: counted in the loss, too.</param>
    /// <param name="factor">f.</param>
    /// <param name="slot">Where the sum of squares goes.</param>
    /// <param name="regions">The regions; their targets become the term's.</param>
    /// <param name="covered">With the sum of all T as its square; null: it is 1 everywhere.</param>
    /// <param name="owned">Where the statistics are allocated.</param>
    public GuidedSumsTerm(VggLayer layer, double share, double factor, ScalarSlot slot, IReadOnlyList<SummedRegion> regions, Guide? covered, TensorList owned)
        : base(layer)
    {
        (Share, this.factor, this.slot, this.covered, mass) = (share, factor, slot, covered, regions.Sum(r => r.Mass));
        var device = owned.Device;
        int channels = regions[0].Target.Gram.Shape.Width;
        gram = owned.Allocate(Shape.Matrix(channels));
        target = owned.Allocate(gram.Shape);
        foreach (var region in regions) device.Vectors.Combine([target, region.Target.Gram], [1, region.Mass / mass], target);
        float[] entries = device.Download(target);
        double energy = Enumerable.Range(0, channels).Sum(i => (double)entries[i * (channels + 1)]);
        foreach (var region in regions)
        {
            double scale = Math.Sqrt(2 * energy * region.Weight);
            var mean = region.Target.Mean!;
            device.Vectors.Combine([mean], [scale * region.Mass / mass], mean);
            parts.Add(new(region, scale, owned.Allocate(mean.Shape), owned.Allocate(mean.Shape)));
        }
    }

    /// <summary>A region, what its sums are multiplied with, its sums and their gradient. Its target's mean has the same factor.</summary>
    sealed record Part(SummedRegion Region, double Scale, Tensor Sums, Tensor Vector);

    public override double Share { get; }

    public override double Loss(ReadOnlySpan<double> sums) => Share * factor * sums[slot.Index];

    public override IReadOnlyList<Tensor> Statistics => [gram, .. parts.Select(p => p.Sums)];

    public override void Begin()
    {
        foreach (var tensor in Statistics) tensor.Device.Vectors.Fill(tensor, 0);
    }

    public override void Visit(int block, Tensor features, Region region)
    {
        covered.AddStatistics(block, features, region, gram, sums: null);
        foreach (var part in parts) features.Device.Moments.Accumulate(features, part.Region.Guide?.Square(block), region, part.Sums);
    }

    public override void Finish()
    {
        double slope = 2 * Weight * Share * factor / mass;
        var errors = gram.Device.SquaredError;
        errors.Evaluate(gram, 1 / mass, target, Region.All(gram.Shape), slot, gram, 2 * slope, accumulate: false);
        foreach (var part in parts)
            errors.Evaluate(part.Sums, part.Scale / mass, part.Region.Target.Mean!, Region.All(part.Sums.Shape), slot, part.Vector, slope * part.Scale, accumulate: false);
    }

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate)
    {
        covered.Gradient(block, features, region, gram, vector: null, gradient, accumulate);
        foreach (var part in parts) features.Device.Moments.Spread(part.Vector, part.Region.Guide?.Square(block), region, gradient);
    }
}
