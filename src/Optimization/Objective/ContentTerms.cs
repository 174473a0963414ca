using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>Makes the terms of the content loss, with a content picture's features as targets, which are kept a block at a time.</summary>
internal static class ContentTerms
{
    /// <summary>The terms, in the settings' order, each with its number there.</summary>
    /// <param name="network">The network.</param>
    /// <param name="settings">What to minimise.</param>
    /// <param name="picture">The content picture [3,H,W].</param>
    /// <param name="blockSize">As in <see cref="Objective"/>.</param>
    /// <param name="share">This device's part, if others share the work.</param>
    /// <param name="slot">Gives the next slot.</param>
    /// <param name="owned">Where the targets are allocated.</param>
    public static IEnumerable<(int Layer, TapTerm Term)> Make(FeatureNetwork network, ObjectiveSettings settings, DevicePicture picture,
        int blockSize, ObjectiveShare? share, Func<ScalarSlot> slot, TensorList owned)
    {
        var band = share?.Band(settings.Deepest(), picture.Shape.Height, picture.Shape.Width);
        var targets = Features(network, picture, [.. settings.ContentLayers.Select(l => l.Vgg).Distinct()], blockSize, band, owned);
        return [.. settings.ContentLayers.Select((l, i) =>
        {
            long count = network.Table.Output(l.Vgg, picture.Shape.Height, picture.Shape.Width).Count;
            double factor = Factor(settings, count, targets[l.Vgg], share);
            var term = new ContentTerm(l.Vgg, slot(), factor, targets[l.Vgg], settings.NormaliseGradients ? 2 : 1);
            return (i, (TapTerm)term);
        })];
    }

    /// <summary>Some layers' features, block by block.</summary>
    static Dictionary<VggLayer, List<Tensor>> Features(FeatureNetwork network, DevicePicture picture, VggLayer[] layers, int blockSize, Band? band, TensorList owned)
    {
        var made = layers.ToDictionary(l => l, _ => new List<Tensor>());
        using var pass = new FeaturePass(network, picture.Shape.Height, picture.Shape.Width, seeded: null, blockSize, band);
        for (int block = 0; block < pass.Blocks.Count; block++)
            pass.Forward(block, picture.Pixels, (layer, features, region) =>
            {
                if (!made.TryGetValue(layer, out var ofLayer)) return;
                ofLayer.Add(owned.Allocate(region.Of(features.Shape)));
                network.Device.Vectors.CopyPart(features, region, ofLayer[^1]);
            });
        return made;
    }

    /// <summary>What the sum of squares over so many values is multiplied with. A target that is all 0 has no energy to be compared
    /// with.</summary>
    static double Factor(ObjectiveSettings settings, long count, List<Tensor> targets, ObjectiveShare? share)
    {
        switch (settings.ContentForm)
        {
            case ContentForm.HalfSum: return 0.5;
            case ContentForm.HalfSumOverRoot: return 0.5 / Math.Sqrt(count);
            case ContentForm.Mean: return 1.0 / count;
            case ContentForm.Relative: break;
            default: throw Unknown.Kind(settings.ContentForm);
        }
        var device = targets[0].Device;
        using var energy = device.AllocateScalars(1);
        foreach (var target in targets) device.SquaredError.Evaluate(target, 0, target, Region.All(target.Shape), new(energy, 0), null, 0, accumulate: false);
        share?.Sum(energy, 0, 1);
        var read = new double[1];
        energy.Read(read);
        return 1 / (read[0] > 0 ? read[0] : count);
    }
}
