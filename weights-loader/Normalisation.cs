namespace GpuStyle.WeightsLoader;

/// <summary>
/// Gatys' normalisation (Gatys, Ecker and Bethge, "Texture Synthesis Using Convolutional Neural Networks", 2015, section 2): every
/// channel is scaled so that its mean activation is 1, and the next layer undoes the scale. A ReLU passes a positive scale on, and so do
/// average and max pooling: channel i of a layer becomes its scale times what it was, exactly but for rounding.
/// </summary>
public static class Normalisation
{
    /// <summary>
    /// W[i, j] s[i] / t[j] and b[i] s[i], where s are this layer's scales and t those of the layer before (1 for the colours).
    /// </summary>
    /// <param name="weights">The network; layers beyond the means are left out, since their input has other scales now.</param>
    /// <param name="means">For each layer the mean of each channel after its ReLU, before any pooling.</param>
    /// <param name="note">What was done, for <see cref="VggWeights.Source"/>.</param>
    /// <exception cref="WeightsException">A mean so small that the scaled weights leave float32's range.</exception>
    public static VggWeights Apply(VggWeights weights, IReadOnlyList<IReadOnlyList<double>> means, string note)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var layers = new List<ConvolutionWeights>();
        double[] before = [1, 1, 1];
        foreach (var (layer, channels) in weights.Layers.Zip(means))
        {
            double[] scales = [.. channels.Select(Scale)];
            layers.Add(Scaled(layer, scales, before));
            before = scales;
        }
        return weights with { Layers = layers, Source = $"{weights.Source}, {note}" };
    }

    /// <summary>1 over the mean; a channel that never fires stays as it is.</summary>
    public static double Scale(double mean) => mean > 0 ? 1 / mean : 1;

    static ConvolutionWeights Scaled(ConvolutionWeights layer, double[] scales, double[] before)
    {
        var kernel = new float[layer.Kernel.Length];
        int taps = kernel.Length / (scales.Length * before.Length);
        for (int i = 0, at = 0; i < scales.Length; i++)
            for (int j = 0; j < before.Length; j++)
                for (int k = 0; k < taps; k++, at++)
                    kernel[at] = (float)(layer.Kernel[at] * scales[i] / before[j]);
        float[] bias = [.. layer.Bias.Select((b, i) => (float)(b * scales[i]))];
        if (FloatConversion.IndexOfNonFinite(kernel) >= 0 || FloatConversion.IndexOfNonFinite(bias) >= 0)
            throw new WeightsException($"{layer.Name} cannot be normalised: a channel hardly fires on these pictures and its scale leaves the range of numbers; use other pictures.");
        return layer with { Kernel = kernel, Bias = bias };
    }
}
