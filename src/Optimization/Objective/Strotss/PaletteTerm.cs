using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// The palette of <see cref="StyleLossKind.Transport"/> (Kolkin et al. 2019, section 2.3): the relaxed earth mover's distance between the
/// colors of the pixels that it looks at and the painting's, their own distance being that of <see cref="ISamples.NearestColors"/>. The
/// paper turns colors by a rotation first, which changes no distance.
/// </summary>
internal sealed class PaletteTerm : IColorTerm
{
    readonly double weight;
    readonly SampleClock clock;
    readonly List<Region> regions = [];

    sealed record Region(double Share, SampleMap[] Maps, Target[] Targets, Tensor Colors, Tensor Pull, Tensor Cover, Tensor Nearest);

    sealed record Target(double Share, Tensor Colors, Tensor Nearest, ScalarSlot Near, ScalarSlot Covered);

    /// <summary>Takes the paintings' colors; parameters as those of <see cref="ColorTerm"/>, and the clock of the style loss.</summary>
    public PaletteTerm(ObjectiveSettings settings, Guidance guidance, IReadOnlyList<DevicePicture> pictures, int height, int width,
        SampleClock clock, Func<ScalarSlot> slot, TensorList owned)
    {
        (weight, this.clock) = (settings.ColorWeight, clock);
        foreach (var aim in TransportAim.Make(settings, guidance, height, width, [.. pictures.Select(p => p.Shape)], []))
        {
            var shape = IMatching.Samples(aim.Sets[0].Length, JointColumns.Colors);
            Target[] targets = [.. aim.Targets.Select(t =>
                new Target(t.Share, Gather(t, pictures, owned), owned.Allocate(IMoments.Vector(t.Rows)), slot(), slot()))];
            regions.Add(new(aim.Share, [.. aim.Sets.Select(set => JointColumns.MapColors(set, 0, height, width, owned))], targets,
                owned.Allocate(shape), owned.Allocate(shape), owned.Allocate(shape), owned.Allocate(IMoments.Vector(shape.Height))));
        }
    }

    /// <summary>Slots that it needs at most.</summary>
    public static int Slots(ObjectiveSettings settings, Guidance guidance) => settings.ColorWeight > 0
        ? 2 * guidance.Regions.Sum(r => settings.StyleCombination == StyleCombination.Losses ? r.Styles.Count : 1) : 0;

    public double Loss(ReadOnlySpan<double> sums)
    {
        double loss = 0;
        foreach (var region in regions)
            foreach (var target in region.Targets)
            {
                double own = sums[target.Near.Index] / region.Colors.Shape.Height, covered = sums[target.Covered.Index] / target.Colors.Shape.Height;
                loss += region.Share * target.Share * Math.Max(own, covered);
            }
        return loss;
    }

    public void Evaluate(Tensor picture, Tensor gradient)
    {
        var device = picture.Device;
        foreach (var (share, maps, targets, colors, pull, cover, nearest) in regions)
        {
            var map = maps[clock.Of(maps.Length)];
            device.Matching.Gather(picture, map, colors, 0);
            foreach (var target in targets)
            {
                double factor = weight * share * target.Share, own = 1.0 / colors.Shape.Height, others = 1.0 / target.Colors.Shape.Height;
                device.Vectors.Fill(pull, 0);
                device.Vectors.Fill(cover, 0);
                device.Samples.NearestColors(colors, target.Colors, nearest);
                device.Samples.NearestColors(target.Colors, colors, target.Nearest);
                device.Samples.PullColors(colors, target.Colors, nearest, false, factor * own, target.Near, pull);
                device.Samples.PullColors(colors, target.Colors, target.Nearest, true, factor * others, target.Covered, cover);
                device.Samples.TakeLarger(pull, target.Near, own, cover, target.Covered, others);
                device.Matching.Scatter(pull, 0, map, gradient);
            }
        }
    }

    static Tensor Gather(TransportTarget target, IReadOnlyList<DevicePicture> pictures, TensorList owned)
    {
        var colors = owned.Allocate(IMatching.Samples(target.Rows, JointColumns.Colors));
        foreach (var use in target.Uses)
        {
            var picture = pictures[use.Style].Pixels;
            using var tables = new TensorList(owned.Device);
            var map = JointColumns.MapColors(use.Pixels, use.FirstRow, picture.Shape.Height, picture.Shape.Width, tables);
            owned.Device.Matching.Gather(picture, map, colors, 0);
        }
        return colors;
    }
}
