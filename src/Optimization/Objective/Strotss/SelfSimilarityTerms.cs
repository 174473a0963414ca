using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// <see cref="ContentForm.SelfSimilarity"/> (Kolkin et al. 2019, equation 7): with D the cosine distances of the picture's samples, E those
/// of the photograph's at the same pixels, m of them
/// <code>
/// L = 1/m sum over i, j of |D_ij / sum over i of D_ij - E_ij / sum over i of E_ij|
/// </code>
/// Colors and features may change as they like, if what was alike stays alike.
/// </summary>
internal sealed class SelfSimilarityLoss : JointLoss
{
    readonly Device device;
    readonly double weight;
    readonly int rows;
    readonly ScalarSlot slot;
    readonly IReadOnlyList<Tensor> targets;
    readonly Tensor work, lengths, relations;

    /// <summary>Allocates what an evaluation needs.</summary>
    /// <param name="weight">Factor on the gradient.</param>
    /// <param name="slot">Where the sum goes.</param>
    /// <param name="targets">The photograph's relations, for each set.</param>
    /// <param name="columns">Numbers of a sample.</param>
    /// <param name="owned">Where all of it is allocated.</param>
    public SelfSimilarityLoss(double weight, ScalarSlot slot, IReadOnlyList<Tensor> targets, int columns, TensorList owned)
    {
        (device, this.weight, this.slot, this.targets, rows) = (owned.Device, weight, slot, targets, targets[0].Shape.Width);
        (work, lengths, relations) = (owned.Allocate(IMatching.Samples(rows, columns)), owned.Allocate(IMatching.Lengths(rows)),
            owned.Allocate(Shape.Matrix(rows)));
    }

    /// <summary>Samples, which become rows of length 1, and how they are related.</summary>
    public static void Relate(Tensor samples, Tensor relations)
    {
        var device = samples.Device;
        using var lengths = device.Allocate(IMatching.Lengths(samples.Shape.Height));
        device.Matching.Normalize(samples, lengths);
        device.Samples.Multiply(samples, false, samples, true, 1, relations, accumulate: false);
        device.Samples.Relate(relations);
    }

    public override double Value(ReadOnlySpan<double> sums) => sums[slot.Index] / rows;

    public override void Evaluate(int set, Tensor samples, Tensor gradient)
    {
        device.Vectors.Copy(samples, work);
        device.Matching.Normalize(work, lengths);
        device.Samples.Multiply(work, false, work, true, 1, relations, accumulate: false);
        device.Samples.CompareRelations(relations, targets[set], weight / rows, slot);
        device.Samples.Multiply(relations, false, work, false, 1, gradient, accumulate: false);
        device.Matching.NormalizeGradient(work, lengths, gradient);
    }
}

/// <summary>Makes the terms of <see cref="ContentForm.SelfSimilarity"/>.</summary>
internal static class SelfSimilarityTerms
{
    /// <summary>
    /// The terms, in the settings' order; parameters as those of <see cref="CosineTerms.Make"/>. The samples that they share are added to
    /// the list.
    /// </summary>
    public static IEnumerable<(int Layer, TapTerm Term)> Make(FeatureNetwork network, ObjectiveSettings settings, DevicePicture picture,
        int blockSize,
        SampleClock clock, ObjectiveShare? share, Func<ScalarSlot> slot, List<JointSamples> joints, TensorList owned)
    {
        var (_, height, width) = picture.Shape;
        bool leads = share is null or { Leads: true };
        var band = share?.Band(settings.Deepest(), height, width);
        var columns = new JointColumns(network, settings.ContentLayers);
        var sets = PixelSets.OfPicture(height, width, null, settings.Samples, settings.Seed());
        Tensor[] targets = [.. sets.Select(s => owned.Allocate(Shape.Matrix(s.Length)))];
        using (var samples = TensorList.Of(network.Device, sets.Select(s => IMatching.Samples(s.Length, columns.Count))))
        {
            JointColumns.Rows[] rows = [.. sets.Select((s, i) => new JointColumns.Rows(s, 0, samples[i]))];
            columns.Gather(network, picture.Pixels, rows, blockSize, band, leads);
            share?.Sum(samples);
            for (int i = 0; i < targets.Length; i++) SelfSimilarityLoss.Relate(samples[i], targets[i]);
        }
        double weight = settings.NormaliseGradients ? 1 : settings.ContentWeight;
        var loss = new SelfSimilarityLoss(weight, slot(), targets, columns.Count, owned);
        var blocks = PictureBlock.Cut(settings.Deepest(), height, width, blockSize, band);
        var joint = new JointSamples(columns, loss, sets, picture.Shape, blocks, leads, clock, owned);
        joints.Add(joint);
        return [.. settings.ContentLayers.Select((_, l) => (l, (TapTerm)new JointTerm(joint, settings.ContentLayers, l, 1)))];
    }

    /// <summary>
    /// Floating-point operations of an evaluation's products, at half their number, as those of <see cref="NeighborTerms.Flops"/>.
    /// </summary>
    public static double Flops(LayerTable table, ObjectiveSettings settings, int height, int width)
    {
        if (settings is not { ContentForm: ContentForm.SelfSimilarity, ContentLayers.Count: > 0 }) return 0;
        double pixels = PixelSets.Count(height, width, settings.Samples).Pixels;
        return 2 * pixels * pixels * JointColumns.CountOf(table, settings.ContentLayers);
    }
}
