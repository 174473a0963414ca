using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// What a style loss makes of statistics and of one target, and how it is differentiated: with L the loss of an average over M positions,
/// dL/dF = S F + v 1^T for a symmetric matrix S and a vector v. What it
/// allocates is owned by whoever makes it, as is the target.
/// </summary>
/// <param name="target">What to aim at.</param>
/// <param name="share">The loss's factor among those of a term.</param>
/// <param name="slot">Where the loss adds its sum.</param>
/// <param name="factor">The loss is this times that sum.</param>
internal abstract class StyleLoss(StyleTarget target, double share, ScalarSlot slot, double factor)
{
    /// <summary>Makes the loss of a layer with <paramref name="channels"/> channels that the settings ask for.</summary>
    public static StyleLoss Make(ObjectiveSettings settings, int channels, StyleTarget target, double share, ScalarSlot slot, TensorList owned)
    {
        double factor = FactorOf(settings, channels);
        return settings.StyleLoss switch
        {
            StyleLossKind.Gram => new GramLoss(target, share, slot, factor),
            StyleLossKind.GramMoments => new GramMomentsLoss(target, share, slot, factor, settings.MomentsWeight, owned),
            StyleLossKind.Covariance => new CovarianceLoss(target, share, slot, factor, owned),
            StyleLossKind.Wasserstein => new WassersteinLoss(target, share, slot, owned),
            var other => throw Unknown.Kind(other),
        };
    }

    /// <summary>Whether a kind compares statistics of each layer, as these do, and not samples of its features.</summary>
    public static bool ComparesStatistics(StyleLossKind kind) => kind switch
    {
        StyleLossKind.Gram or StyleLossKind.GramMoments or StyleLossKind.Covariance or StyleLossKind.Wasserstein => true,
        StyleLossKind.Neighbors or StyleLossKind.Hypercolumns or StyleLossKind.Transport => false,
        var other => throw Unknown.Kind(other),
    };

    /// <summary>What a sum of squared differences of Gram matrices, each over its number of positions, is multiplied with.</summary>
    public static double FactorOf(ObjectiveSettings settings, int channels) =>
        settings.StyleForm == StyleForm.Paper ? 0.25 / Math.Pow(channels, 2) : 1 / Math.Pow(channels, 4);

    /// <summary>The device everything lies on.</summary>
    public Device Device => Target.Gram.Device;

    /// <summary>Whether means are looked at beside Gram matrices, which are always made.</summary>
    public virtual bool WantsMean => true;

    /// <summary>Whether S may take the Gram matrix's place: G is not read once S is written.</summary>
    public virtual bool InPlace => false;

    protected StyleTarget Target { get; } = target;

    protected ScalarSlot Slot { get; } = slot;

    protected double Factor { get; } = factor;

    /// <summary>The loss's share and normalization: a gradient's factor is the weight times this.</summary>
    protected double Slope { get; } = share * factor;

    /// <summary>The loss times its share, from the sums of an evaluation. None is below 0 but by rounding.</summary>
    public double Value(ReadOnlySpan<double> sums) => share * Factor * Math.Max(0, sums[Slot.Index] + Constant);

    /// <summary>What the loss adds to the slot's sum, whatever the picture.</summary>
    protected virtual double Constant => 0;

    /// <summary>
    /// Adds the loss to its slot; S and v, times the weight, are added to or overwritten, with 0 by a loss that has no S.
    /// </summary>
    /// <param name="gram">G, a sum over positions.</param>
    /// <param name="sums">s, a sum over positions, if means are wanted.</param>
    /// <param name="mass">M.</param>
    /// <param name="weight">The factor on the term in the total.</param>
    /// <param name="matrix">S.</param>
    /// <param name="vector">v, if means are wanted.</param>
    /// <param name="accumulate">Whether S and v hold other losses' already.</param>
    public abstract void Evaluate(Tensor gram, Tensor? sums, double mass, double weight, Tensor matrix, Tensor? vector, bool accumulate);
}

/// <summary>Gatys, Ecker and Bethge 2016, equations 4 to 6: the sum of (G/M - A)^2, A being the target. S = 4 f (G/M - A) / M.</summary>
internal sealed class GramLoss(StyleTarget target, double share, ScalarSlot slot, double factor) : StyleLoss(target, share, slot, factor)
{
    public override bool WantsMean => false;

    public override bool InPlace => true;

    public override void Evaluate(Tensor gram, Tensor? sums, double mass, double weight, Tensor matrix, Tensor? vector, bool accumulate) =>
        Device.SquaredError.Evaluate(gram, 1 / mass, Target.Gram, Region.All(gram.Shape), Slot, matrix, 4 * weight * Slope / mass, accumulate);
}
