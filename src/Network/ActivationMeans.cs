using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Network;

/// <summary>Mean activations of VGG-19's channels over pictures: what <see cref="Normalisation"/> divides by.</summary>
public static class ActivationMeans
{
    /// <summary>The most that is measured at once on a side, in pixels, unless a caller wants less.</summary>
    const int LargestBlock = 1024;

    /// <summary>
    /// For each layer, the mean of each channel after the ReLU and before any pooling, over all positions of all pictures together: a
    /// picture counts by its size. Sums are taken on the host in double precision.
    /// </summary>
    /// <param name="network">The network; as deep as it was prepared.</param>
    /// <param name="pictures">Pictures [3,H,W], RGB, 0..255, each allocated when it is its turn and freed here.</param>
    /// <param name="blockSize">The most that a block has on a side, in pixels; 0: 1024.</param>
    /// <param name="cancellation">Between two layers.</param>
    public static IReadOnlyList<double[]> Measure(FeatureNetwork network, IEnumerable<Tensor> pictures, int blockSize = 0, CancellationToken cancellation = default)
    {
        double[][] sums = [.. Vgg19.Layers.Take(network.Depth).Select(layer => new double[network.Table.Outputs(layer)])];
        long[] positions = new long[sums.Length];
        foreach (var picture in pictures)
        {
            using var owned = picture;
            using var pass = new FeaturePass(network, picture.Shape.Height, picture.Shape.Width, seeded: null, blockSize > 0 ? Math.Min(blockSize, LargestBlock) : LargestBlock);
            for (int block = 0; block < pass.Blocks.Count; block++)
                pass.Forward(block, picture, (layer, features, region) =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    positions[layer.Index] += (long)region.Height * region.Width;
                    AddSums(network.Device.Download(features), features.Shape, region, sums[layer.Index]);
                });
        }
        return [.. sums.Select((layer, l) => Array.ConvertAll(layer, sum => sum / positions[l]))];
    }

    /// <summary>Measures and applies: the weights with mean activation 1 over the pictures, up to <paramref name="deepest"/>.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="weights">The network.</param>
    /// <param name="pooling">How it pools: what a deeper channel answers depends on it.</param>
    /// <param name="deepest">The last layer to measure; the result ends there.</param>
    /// <param name="pixelScale">As in <see cref="FeatureNetwork"/>.</param>
    /// <param name="pictures">As in <see cref="Measure"/>.</param>
    /// <param name="note">What was done, for <see cref="VggWeights.Source"/>.</param>
    /// <param name="blockSize">As in <see cref="Measure"/>.</param>
    /// <param name="cancellation">Between two layers.</param>
    public static VggWeights Normalise(Device device, VggWeights weights, PoolingKind pooling, VggLayer deepest, double pixelScale,
        IEnumerable<Tensor> pictures, string note, int blockSize = 0, CancellationToken cancellation = default)
    {
        using var network = new FeatureNetwork(device, weights, pooling, deepest, pixelScale);
        return Normalisation.Apply(weights, Measure(network, pictures, blockSize, cancellation), note);
    }

    static void AddSums(float[] features, Shape shape, Region region, double[] sums) => Parallel.For(0, sums.Length, channel =>
    {
        double sum = 0;
        for (int y = region.Top; y < region.Top + region.Height; y++)
            foreach (float value in features.AsSpan((channel * shape.Height + y) * shape.Width + region.Left, region.Width)) sum += value;
        sums[channel] += sum;
    });
}
