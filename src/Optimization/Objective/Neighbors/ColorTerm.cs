using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Holds the painting's colors: the squared 2-Wasserstein distance of the normal distributions that have the pixels' means and covariances
/// (<see cref="WassersteinLoss"/>), over the trace of the painting's covariance, for each region. It is 0 for the painting's own colors, 1
/// for a picture of its mean color alone. Pixels are RGB; the whole picture is looked at once, on one device.
/// </summary>
internal sealed class ColorTerm : IColorTerm
{
    /// <summary>The picture as if it were a layer.</summary>
    static readonly VggLayer Pixels = new(-1, "", "", 0, PooledInput: false);

    /// <summary>Of a painting of one color, in units of 0..255: as if its colors differed so much.</summary>
    const double LeastDeviation = 1;

    readonly List<StyleTerm> terms = [];

    /// <summary>Makes the targets.</summary>
    /// <param name="settings">Weight and blend.</param>
    /// <param name="guidance">Which style goes where.</param>
    /// <param name="pictures">Style pictures.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="slot">Gives the next slot.</param>
    /// <param name="owned">Where all is allocated.</param>
    public ColorTerm(ObjectiveSettings settings, Guidance guidance, IReadOnlyList<DevicePicture> pictures, int height, int width, Func<ScalarSlot> slot, TensorList owned)
    {
        foreach (var region in guidance.Regions)
        {
            var where = Map(region.Where, height, width);
            if (where?.Present == false) continue;
            var styles = region.Styles.Where(s => s.Weight > 0).Select(s => (s.Weight, Picture: pictures[s.Style].Pixels, Where: Map(s.Mask, pictures[s.Style].Shape.Height, pictures[s.Style].Shape.Width)))
                .Where(s => s.Where?.Present != false).ToList();
            if (styles.Count == 0) continue;
            var target = StyleTarget.Empty(owned, 3, mean: true);
            double sum = styles.Sum(s => s.Weight);
            foreach (var (weight, picture, map) in styles) Add(target, picture, map, weight / sum);
            double trace = Trace(target, owned.Device) + 3 * LeastDeviation * LeastDeviation;
            double share = where is null ? 1 : where.Mass / ((double)height * width);
            // The loss is over 3 channels.
            var loss = new WassersteinLoss(target, 3 / trace, slot(), owned);
            var guide = where is null ? null : Upload(where, owned);
            double mass = where?.Mass ?? (double)height * width;
            terms.Add(new(Pixels, 3, region.Weight * share, mass, [loss], guide, owned) { Weight = settings.ColorWeight });
        }
    }

    /// <summary>Slots that it needs at most.</summary>
    public static int Slots(ObjectiveSettings settings, Guidance guidance) => settings.ColorWeight > 0 ? guidance.Regions.Count : 0;

    /// <summary>The distance, its regions' together.</summary>
    public double Loss(ReadOnlySpan<double> sums)
    {
        double loss = 0;
        foreach (var term in terms) loss += term.Loss(sums);
        return loss;
    }

    /// <summary>Adds the distance to its slots and the weighted gradient to <paramref name="gradient"/>.</summary>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        var all = Region.All(picture.Shape);
        foreach (var term in terms)
        {
            term.Begin();
            term.Visit(0, picture, all);
            term.Finish();
            term.Gradient(0, picture, all, gradient, accumulate: true);
        }
    }

    static GuideMap? Map(MaskSource? mask, int height, int width) => mask is null ? null : new(mask.AtSize(height, width), height, width);

    static Guide Upload(GuideMap map, TensorList owned)
    {
        var all = new Region(0, 0, map.Height, map.Width);
        Tensor Plane(bool squared) => owned.Allocate(new(1, map.Height, map.Width), map.Crop(all, squared));
        return new([Plane(false)], [Plane(true)], [owned.Allocate(new(3, map.Height, map.Width))]);
    }

    static void Add(StyleTarget target, Tensor picture, GuideMap? map, double share)
    {
        using var own = new TensorList(picture.Device);
        var sums = StyleTarget.Empty(own, 3, mean: true);
        var guide = map is null ? null : Upload(map, own);
        guide.AddStatistics(0, picture, Region.All(picture.Shape), sums.Gram, sums.Mean);
        target.Add(sums, share / (map?.Mass ?? picture.Shape.Positions));
    }

    /// <summary>The trace of the target's covariance.</summary>
    static double Trace(StyleTarget target, Device device)
    {
        using var covariance = device.Allocate(Shape.Matrix(3));
        using var sum = device.AllocateScalars(1);
        target.Covariance(covariance);
        device.Matrices.Trace(covariance, 1, new(sum, 0));
        var read = new double[1];
        sum.Read(read);
        return Math.Max(0, read[0]);
    }
}
