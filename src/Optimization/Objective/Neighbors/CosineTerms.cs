using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// <see cref="ContentForm.Cosine"/>: the mean over positions of 1 - z_p . c_p, with z_p the picture's samples and c_p the photograph's at
/// the same places, each without the mean of theirs and of length 1.
/// </summary>
internal sealed class CosineTerm(VggLayer layer, ScalarSlot slot, IReadOnlyList<Tensor> targets, SampleGrid[] grids, IReadOnlyList<PictureBlock> blocks,
    SampleClock clock, TensorList owned) : SampledTerm(layer, targets[0].Shape.Width, grids, blocks, clock, owned)
{
    public override double Loss(ReadOnlySpan<double> sums) => sums[slot.Index] / Grid.Mass;

    protected override void Pull(Tensor samples, Tensor? weights, Tensor gradient) =>
        samples.Device.Matching.Pull(samples, targets[Clock.Of(targets.Count)], null, weights, Weight / Grid.Mass, slot, gradient);
}

/// <summary>Makes the terms of <see cref="ContentForm.Cosine"/>.</summary>
internal static class CosineTerms
{
    /// <summary>
    /// The terms, in the settings' order; parameters as those of <see cref="ContentTerms.Make"/>. The clock says which positions are looked
    /// at.
    /// </summary>
    public static IEnumerable<(int Layer, TapTerm Term)> Make(FeatureNetwork network, ObjectiveSettings settings, DevicePicture picture, int blockSize,
        SampleClock clock, ObjectiveShare? share, Func<ScalarSlot> slot, TensorList owned)
    {
        var (_, height, width) = picture.Shape;
        var band = share?.Band(settings.Deepest(), height, width);
        var blocks = PictureBlock.Cut(settings.Deepest(), height, width, blockSize, band);
        var grids = settings.ContentLayers.Select(l => l.Vgg).Distinct().ToDictionary(l => l, l =>
        {
            var map = l.Plane(height, width);
            return SampleGrids.Make(map.Height, map.Width, null, SampleGrids.OfPicture(settings.Samples, map),
                settings.Seed(l.Index), SampleGrids.MostKept);
        });
        var targets = grids.ToDictionary(g => g.Key, g => g.Value.Select(grid => owned.Allocate(IMatching.Samples(grid.Points.Count,
            network.Table.Outputs(g.Key)))).ToArray());
        SampleGather.Add(network, picture.Pixels, blockSize, band, [.. targets.SelectMany(t => t.Value.Select((rows, g) =>
            new SampleRows(t.Key, (block, tables) => grids[t.Key][g].Map(block, t.Key, tables), rows)))]);
        Tensor[] all = [.. targets.Values.SelectMany(t => t)];
        share?.Sum(all);
        SampleGather.Center(all);
        return [.. settings.ContentLayers.Select((l, i) => (i, (TapTerm)new CosineTerm(l.Vgg, slot(), targets[l.Vgg], grids[l.Vgg], blocks, clock, owned)))];
    }
}
