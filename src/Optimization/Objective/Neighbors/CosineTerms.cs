using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// <see cref="ContentForm.Cosine"/>: the mean over positions of 1 - z_p . c_p, with z_p the picture's samples and c_p the photograph's at
/// the same places, each without the mean of theirs and of length 1.
/// </summary>
internal sealed class CosineTerm(VggLayer layer, double weight, ScalarSlot slot, IReadOnlyList<Tensor> targets, SampleGrid[] grids, IReadOnlyList<PictureBlock> blocks,
    SampleClock clock, TensorList owned) : SampledTerm(layer, weight, grids, blocks, clock, owned)
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
        var device = network.Device;
        var band = share?.Band(settings.Deepest(), height, width);
        var blocks = PictureBlock.Cut(settings.Deepest(), height, width, blockSize, band);
        var grids = settings.ContentLayers.Select(l => l.Vgg).Distinct().ToDictionary(l => l, l =>
            SampleGrids.Make(l.Output(height, width).Height, l.Output(height, width).Width, null, settings.Samples,
                (ulong)settings.SampleSeed * 64 + (ulong)l.Index, SampleGrids.MostKept));
        var targets = grids.ToDictionary(g => g.Key, g => g.Value.Select(grid => owned.Allocate(IMatching.Samples(grid.Points.Count, g.Key.OutputChannels))).ToArray());
        using (var pass = new FeaturePass(network, height, width, seeded: null, blockSize, band))
            for (int block = 0; block < blocks.Count; block++)
                pass.Forward(block, picture.Pixels, (layer, features, _) =>
                {
                    if (!targets.TryGetValue(layer, out var ofLayer)) return;
                    for (int g = 0; g < ofLayer.Length; g++)
                    {
                        using var tables = new TensorList(device);
                        if (grids[layer][g].Map(blocks[block].Levels[layer.PoolsBefore], tables) is { } map) device.Matching.Gather(features, map, ofLayer[g], 0);
                    }
                });
        Tensor[] all = [.. targets.Values.SelectMany(t => t)];
        share?.Sum(all);
        foreach (var target in all)
        {
            using var lengths = device.Allocate(IMatching.Lengths(target.Shape.Height));
            device.Matching.Center(target, lengths);
        }
        return [.. settings.ContentLayers.Select((l, i) => (i, (TapTerm)new CosineTerm(l.Vgg, settings.NormaliseGradients ? 1 : settings.ContentWeight * l.Weight, slot(),
            targets[l.Vgg], grids[l.Vgg], blocks, clock, owned)))];
    }

    /// <summary>Device storage that the terms take; scratch is noted.</summary>
    public static long StorageBytes(Device device, ObjectiveSettings settings, int height, int width, ScratchForecast scratch) => settings.ContentLayers.Sum(l =>
    {
        var shape = l.Vgg.Output(height, width);
        int grids = SampleGrids.Grids(shape.Height, shape.Width, settings.Samples, SampleGrids.MostKept), count = SampleGrids.Count(shape.Height, shape.Width, settings.Samples);
        device.Matching.ForecastScratch(count, 0, shape.Channels, scratch);
        return SampledTerm.StorageBytes(device, l.Vgg, grids, count) + grids * device.StorageBytes(IMatching.Samples(count, shape.Channels));
    });
}
