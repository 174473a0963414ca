using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Network;

/// <summary>
/// VGG-19's weights on a device, up to a given layer, ready for pictures in RGB, 0..255. The picture is brought to the mean and the scale
/// of the weights' training (zero padding pads what comes after that); the first convolution's kernels are put in RGB order.
/// </summary>
public sealed class FeatureNetwork : IDisposable
{
    readonly Filter[] filters;

    /// <summary>Prepares the weights.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="weights">VGG-19's convolutions.</param>
    /// <param name="pooling">Average, as the paper recommends for synthesis, or max, as trained.</param>
    /// <param name="deepest">The last layer that will be used.</param>
    /// <param name="pixelScale">Factor on pixels before the mean is subtracted: 1, or 256/255 to do as jcjohnson/neural-style.</param>
    /// <exception cref="WeightsException">The weights end before <paramref name="deepest"/>.</exception>
    public FeatureNetwork(Device device, VggWeights weights, PoolingKind pooling, VggLayer deepest, double pixelScale = 1)
    {
        Device = device;
        Pooling = pooling;
        PixelScale = pixelScale;
        Depth = deepest.Index + 1;
        Check(weights, deepest);
        Table = LayerTable.Of(weights);
        var input = weights.Input;
        (Mean, Scale) = (new double[3], new double[3]);
        for (int i = 0; i < 3; i++) (Mean[Rgb(input, i)], Scale[Rgb(input, i)]) = (input.Mean[i] / pixelScale, input.Scale[i] * pixelScale);
        filters = new Filter[Depth];
        try
        {
            for (int l = 0; l < Depth; l++)
            {
                var layer = weights.Layers[l];
                var kernel = l == 0 ? FirstKernel(layer, input) : layer.Kernel;
                filters[l] = device.Convolution.Prepare(layer.OutputChannels, layer.InputChannels, kernel, layer.Bias);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the network computes.</summary>
    public Device Device { get; }

    /// <summary>How it pools.</summary>
    public PoolingKind Pooling { get; }

    /// <summary>The factor on pixels before the mean is subtracted.</summary>
    public double PixelScale { get; }

    /// <summary>How many channels its layers have.</summary>
    public LayerTable Table { get; }

    /// <summary>Number of convolutions prepared.</summary>
    public int Depth { get; }

    /// <summary>What is subtracted from a picture's red, green and blue.</summary>
    internal double[] Mean { get; }

    /// <summary>What red, green and blue are multiplied with after that.</summary>
    internal double[] Scale { get; }

    /// <summary>
    /// What this network's features are to be divided by, to be in units of pixels that have the variance of photographs, as those of
    /// torchvision's weights are: it divides by deviations of 0.229, 0.224 and 0.225 of 1, whose mean is taken.
    /// </summary>
    public double FeatureUnit => 255 * (0.229 + 0.224 + 0.225) / 3 * Scale.Average();

    /// <summary>The prepared weights of a layer.</summary>
    internal Filter Filter(int layer) => filters[layer];

    /// <summary>Throws where weights end before a layer.</summary>
    /// <exception cref="WeightsException">They do.</exception>
    public static void Check(VggWeights weights, VggLayer deepest)
    {
        if (weights.Layers.Count <= deepest.Index)
            throw new WeightsException($"{weights.Source} ends at {weights.Layers[^1].Name}; this run needs {deepest.Convolution}. Use other weights or shallower layers.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var filter in filters) filter?.Dispose();
    }

    static int Rgb(InputDescription input, int channel) => input.Order == ChannelOrder.Rgb ? channel : 2 - channel;

    static float[] FirstKernel(ConvolutionWeights layer, InputDescription input)
    {
        var kernel = new float[layer.Kernel.Length];
        for (int k = 0; k < layer.OutputChannels; k++)
            for (int c = 0; c < 3; c++)
                for (int i = 0; i < 9; i++)
                    kernel[(k * 3 + Rgb(input, c)) * 9 + i] = layer.Kernel[(k * 3 + c) * 9 + i];
        return kernel;
    }
}
