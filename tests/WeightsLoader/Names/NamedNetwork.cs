using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>VGG-19's first convolutions as some program would name and store them.</summary>
/// <param name="Kernel">The kernel's name of convolution i, 0 to 15.</param>
/// <param name="Bias">Its bias's name.</param>
/// <param name="OutputLast">Whether kernels are stored [height, width, in, out].</param>
sealed record NamedNetwork(Func<int, string> Kernel, Func<int, string> Bias, bool OutputLast = false)
{
    /// <summary>What a bias's shape is, from its length.</summary>
    public Func<int, long[]> BiasShape { get; init; } = outputs => [outputs];

    /// <summary>The same first convolutions under every test's names: values that tell tensors and places apart.</summary>
    public static IReadOnlyList<ConvolutionWeights> Expected(int layers) => [.. VggLayers.All.Take(layers).Select(layer => new ConvolutionWeights(
        layer.Name, layer.OutputChannels, layer.InputChannels,
        VggTensorSamples.Pattern(layer.Name, layer.OutputChannels * layer.InputChannels * 9),
        VggTensorSamples.Pattern(layer.Name + "b", layer.OutputChannels)))];

    public MemoryTensors File(int layers) => File(Expected(layers));

    public MemoryTensors File(IReadOnlyList<ConvolutionWeights> layers)
    {
        var file = new MemoryTensors();
        for (int i = 0; i < layers.Count; i++)
        {
            var (_, outputs, inputs, kernel, bias) = layers[i];
            if (OutputLast) file.Add(Kernel(i), [3, 3, inputs, outputs], Turned(kernel, outputs, inputs));
            else file.Add(Kernel(i), [outputs, inputs, 3, 3], kernel);
            file.Add(Bias(i), BiasShape(outputs), bias);
        }
        return file;
    }

    /// <summary>[out, in, 3, 3] to [3, 3, in, out], the plain way.</summary>
    public static float[] Turned(float[] kernel, int outputs, int inputs)
    {
        var turned = new float[kernel.Length];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < inputs; i++)
                for (int k = 0; k < 9; k++)
                    turned[(k * inputs + i) * outputs + o] = kernel[(o * inputs + i) * 9 + k];
        return turned;
    }

    public static void Same(IReadOnlyList<ConvolutionWeights> expected, VggWeights found)
    {
        Assert.Equal(expected.Select(l => (l.Name, l.OutputChannels, l.InputChannels)), found.Layers.Select(l => (l.Name, l.OutputChannels, l.InputChannels)));
        foreach (var (e, f) in expected.Zip(found.Layers))
        {
            Assert.True(e.Kernel.AsSpan().SequenceEqual(f.Kernel), $"{e.Name}.weight");
            Assert.True(e.Bias.AsSpan().SequenceEqual(f.Bias), $"{e.Name}.bias");
        }
    }
}
