using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// jcjohnson/neural-style's <c>-normalize_gradients</c>: the gradient of a term with respect to its layer's features is divided by the sum of its
/// absolute values over the whole layer, before its weight. What comes out is no loss's gradient: every term pulls as strongly near its
/// goal as far from it, and a weight is a share of the pull. The losses reported are the term's own. The sum needs one more look at
/// the features of each block, between <see cref="TapTerm.Finish"/> and the way back.
/// </summary>
/// <param name="term">The term, whose own weight is 1.</param>
/// <param name="norm">Where the sum of absolute values goes.</param>
/// <param name="scratch">A tensor of the features' shape for each block.</param>
internal sealed class NormalisedTerm(TapTerm term, ScalarSlot norm, IReadOnlyList<Tensor> scratch) : TapTerm(term.Layer)
{
    /// <summary>Where the norm goes, which has to be known before the way back.</summary>
    public ScalarSlot Norm => norm;

    public override IReadOnlyList<Tensor> Statistics => term.Statistics;

    public override double Loss(ReadOnlySpan<double> sums) => term.Loss(sums);

    public override void Begin() => term.Begin();

    public override void Visit(int block, Tensor features, Region region) => term.Visit(block, features, region);

    public override void Finish() => term.Finish();

    /// <summary>A block's features once more, after <see cref="Finish"/>: adds up the norm.</summary>
    public void AddNorm(int block, Tensor features, Region region)
    {
        term.Gradient(block, features, region, scratch[block], accumulate: false);
        features.Device.Vectors.SumOfAbsolutes(scratch[block], norm);
    }

    public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate)
    {
        term.Gradient(block, features, region, scratch[block], accumulate: false);
        features.Device.Moments.Divide(scratch[block], Weight * term.Share, norm, gradient, accumulate);
    }
}
