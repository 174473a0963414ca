using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Style of a layer, or of one region of it: the Gram matrix G and, where a loss wants them, the channels' sums s are added up over all positions;
/// the losses against each target make a symmetric matrix S and a vector v of them, and S F + v 1^T is the gradient. In a region positions count
/// with the guide's weights T^2 (Gatys, Ecker, Bethge, Hertzmann and Shechtman 2017, section 4.1): G = sum of T^2 F F^T, s = sum of T^2 F,
/// gradient T^2 (S F + v 1^T).
/// </summary>
internal sealed class StyleTerm : TapTerm
{
    readonly double mass;
    readonly IReadOnlyList<StyleLoss> losses;
    readonly Guide? guide;
    readonly Tensor gram, matrix;
    readonly Tensor? sums, vector;

    /// <summary>Allocates the statistics.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="channels">Its channels.</param>
    /// <param name="share">A further factor, of the region among the layer's regions: counted in the loss, too.</param>
    /// <param name="mass">The number of positions, or the sum of the guide's weights.</param>
    /// <param name="losses">One for each target.</param>
    /// <param name="guide">Of the region; null: every position counts once.</param>
    /// <param name="owned">Where the statistics are allocated.</param>
    public StyleTerm(VggLayer layer, int channels, double share, double mass, IReadOnlyList<StyleLoss> losses, Guide? guide,
        TensorList owned)
        : base(layer)
    {
        (Share, this.mass, this.losses, this.guide) = (share, mass, losses, guide);
        gram = owned.Allocate(Shape.Matrix(channels));
        // A single loss that reads the Gram matrix once makes its matrix in the same place.
        matrix = losses is [{ InPlace: true }] ? gram : owned.Allocate(gram.Shape);
        if (!losses[0].WantsMean) return;
        sums = owned.Allocate(IMoments.Vector(channels));
        vector = owned.Allocate(sums.Shape);
    }

    /// <summary>The region's factor.</summary>
    public override double Share { get; }

    public override double Loss(ReadOnlySpan<double> sums)
    {
        double loss = 0;
        foreach (var part in losses) loss += Share * part.Value(sums);
        return loss;
    }

    public override IReadOnlyList<Tensor> Statistics => sums is null ? [gram] : [gram, sums];

    public override void Begin()
    {
        gram.Device.Vectors.Fill(gram, 0);
        if (sums is not null) gram.Device.Vectors.Fill(sums, 0);
    }

    public override void Visit(int block, Tensor features, Region region) => guide.AddStatistics(block, features, region, gram, sums);

    public override void Finish()
    {
        for (int i = 0; i < losses.Count; i++) losses[i].Evaluate(gram, sums, mass, Weight * Share, matrix, vector, accumulate: i > 0);
    }

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate) =>
        guide.Gradient(block, features, region, matrix, vector, gradient, accumulate);
}
