using System.Buffers;

namespace GpuStyle.WeightsLoader;

/// <summary>Reads a convolution into the canonical form: kernels [out, in, height, width], batch normalisation folded in.</summary>
static class VggReader
{
    /// <summary>Convolution <paramref name="index"/>, which <see cref="VggCheck"/> has found to be as it should.</summary>
    /// <exception cref="WeightsException">A value that is not finite, a read error.</exception>
    public static ConvolutionWeights Read(TensorFile file, VggTensors tensors, int index)
    {
        var (name, (outputs, inputs)) = (VggLayers.All[index].Name, tensors.ChannelsOf(index));
        var (convolution, normalisation) = tensors.Layers[index]!;
        float[] kernel = tensors.OrderOf(index) == KernelOrder.OutputLast ? Turned(file, convolution.Weight!, outputs, inputs) : Values(file, convolution.Weight!);
        float[] bias = convolution.Bias is { } entry ? Values(file, entry) : new float[outputs];
        if (normalisation is not null) Fold(file, normalisation, kernel, bias);
        return new ConvolutionWeights(name, outputs, inputs, kernel, bias);
    }

    static float[] Values(TensorFile file, TensorEntry entry)
    {
        float[] values = file.ReadFloat32(entry, out long bad);
        Check(file, entry, values, bad);
        return values;
    }

    static void Check(TensorFile file, TensorEntry entry, ReadOnlySpan<float> values, long bad)
    {
        if (bad < 0) return;
        string what = float.IsNaN(values[(int)bad]) ? "NaN" : "an infinity";
        throw file.Problem($"has {what} in tensor {Text.Quote(entry.Name)} (value {bad} of {entry.Elements}): the file is damaged, get it again");
    }

    /// <summary>From [height, width, in, out] to [out, in, height, width], by way of storage that the layers share.</summary>
    static float[] Turned(TensorFile file, TensorEntry entry, int outputs, int inputs)
    {
        var kernel = GC.AllocateUninitializedArray<float>((int)entry.Elements);
        float[] rented = ArrayPool<float>.Shared.Rent(kernel.Length);
        try
        {
            var stored = rented.AsSpan(0, kernel.Length);
            Check(file, entry, stored, file.ReadFloat32(entry, stored));
            const int taps = 9, block = 16; // a cache line of outputs
            for (int first = 0; first < outputs; first += block)
                for (int i = 0; i < inputs; i++)
                    for (int k = 0; k < taps; k++)
                    {
                        var line = stored.Slice((k * inputs + i) * outputs + first, Math.Min(block, outputs - first));
                        for (int o = 0; o < line.Length; o++) kernel[((first + o) * inputs + i) * taps + k] = line[o];
                    }
            return kernel;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// factor (w x + b - mean) / sqrt(variance + epsilon) + summand is again a convolution. Zero padding pads x alone, before and after.
    /// </summary>
    static void Fold(TensorFile file, NetworkModule normalisation, float[] kernel, float[] bias)
    {
        float[] factor = Values(file, normalisation.Weight!), summand = Values(file, normalisation.Bias!);
        float[] mean = Values(file, normalisation.Mean!), variance = Values(file, normalisation.Variance!);
        int taps = kernel.Length / bias.Length;
        for (int o = 0; o < bias.Length; o++)
        {
            double scale = factor[o] / Math.Sqrt(variance[o] + NameFamily.NormalisationEpsilon);
            if (!double.IsFinite(scale)) throw file.Problem($"has a variance of {variance[o]} in tensor {Text.Quote(normalisation.Variance!.Name)}: the file is damaged, get it again");
            foreach (ref float value in kernel.AsSpan(o * taps, taps)) value = (float)(value * scale);
            bias[o] = (float)((bias[o] - (double)mean[o]) * scale + summand[o]);
        }
    }
}
