using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Networks with batch normalisation become networks without it that answer the same.</summary>
public sealed class BatchNormalisationTests
{
    static readonly int[] Places = [0, 3, 7, 10, 14, 17, 20, 23, 27, 30, 33, 36, 40, 43, 46, 49];

    static (string Convolution, string Factor, string Summand, string Mean, string Variance) Torch(int i) =>
        ($"features.{Places[i]}", $"features.{Places[i] + 1}.weight", $"features.{Places[i] + 1}.bias", $"features.{Places[i] + 1}.running_mean", $"features.{Places[i] + 1}.running_var");

    static (string Convolution, string Factor, string Summand, string Mean, string Variance) Mxnet(int i) =>
        ($"vgg0_conv{i}", $"vgg0_batchnorm{i}_gamma", $"vgg0_batchnorm{i}_beta", $"vgg0_batchnorm{i}_running_mean", $"vgg0_batchnorm{i}_running_var");

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void It_is_folded_into_the_convolution(bool torch, bool biased)
    {
        var file = Network(4, torch, biased);
        var read = WeightFile.Read(file);
        Assert.Equal(4, read.Layers.Count);
        Assert.Equal(InputDescriptions.Torchvision.Mean, read.Input.Mean);
        foreach (var (layer, i) in read.Layers.Select((layer, i) => (layer, i)))
        {
            var names = torch ? Torch(i) : Mxnet(i);
            float[] kernel = file.ReadFloat32(Part(torch, i, "weight")), bias = biased ? file.ReadFloat32(Part(torch, i, "bias")) : new float[layer.OutputChannels];
            float[] factor = file.ReadFloat32(names.Factor), summand = file.ReadFloat32(names.Summand), mean = file.ReadFloat32(names.Mean), variance = file.ReadFloat32(names.Variance);
            // One output of the two layers on inputs of one pattern, and of the folded layer on the same: rounding once is all that differs.
            double[] inputs = [.. VggTensorSamples.Pattern("input", layer.InputChannels * 9)];
            for (int o = 0; o < layer.OutputChannels; o++)
            {
                double plain = bias[o], folded = layer.Bias[o];
                for (int t = 0; t < inputs.Length; t++)
                {
                    plain += kernel[o * inputs.Length + t] * inputs[t];
                    folded += layer.Kernel[o * inputs.Length + t] * inputs[t];
                }
                double expected = factor[o] * (plain - mean[o]) / Math.Sqrt(variance[o] + 1e-5) + summand[o];
                Assert.Equal(expected, folded, 1e-5 * Math.Max(1, Math.Abs(expected)));
            }
        }
    }

    [Fact]
    public void What_is_missing_of_it_is_named()
    {
        foreach (bool torch in new[] { true, false })
        {
            var names = torch ? Torch(1) : Mxnet(1);
            foreach (var (absent, what) in new[] { (names.Factor, "factor"), (names.Summand, "summand"), (names.Mean, "mean"), (names.Variance, "variance") })
                Problems.Expect("memory/file.any", $"lacks the {what} of conv1_2's batch normalisation", () => WeightFile.Read(Network(3, torch, true, absent)));
        }
        Problems.Expect("memory/file.any", "lacks the batch normalisation of conv1_2", () => WeightFile.Read(Network(3, true, true, "features.4.")));
    }

    [Fact]
    public void A_variance_below_zero_is_refused()
    {
        var file = Network(1, true, true, "features.1.running_var").Add("features.1.running_var", [64], [.. Enumerable.Repeat(-1f, 64)]);
        Problems.Expect("memory/file.any", "has a variance of -1 in tensor 'features.1.running_var'", () => WeightFile.Read(file));
    }

    static string Part(bool torch, int i, string part) => torch ? $"{Torch(i).Convolution}.{part}" : $"{Mxnet(i).Convolution}_{part}";

    static MemoryTensors Network(int layers, bool torch, bool biased, string without = "?")
    {
        var file = new MemoryTensors();
        void Add(string name, long[] shape, Func<float, float>? change = null)
        {
            if (!name.StartsWith(without, StringComparison.Ordinal)) file.Add(name, shape, Array.ConvertAll(VggTensorSamples.Pattern(name, (int)shape.Aggregate(1L, (a, b) => a * b)), v => change is null ? v : change(v)));
        }
        for (int i = 0; i < layers; i++)
        {
            var (_, outputs, inputs) = VggLayers.All[i];
            var names = torch ? Torch(i) : Mxnet(i);
            Add(Part(torch, i, "weight"), [outputs, inputs, 3, 3]);
            if (biased) Add(Part(torch, i, "bias"), [outputs]);
            Add(names.Factor, [outputs]);
            Add(names.Summand, [outputs]);
            Add(names.Mean, [outputs]);
            Add(names.Variance, [outputs], v => v + 0.6f);
        }
        return file;
    }
}
