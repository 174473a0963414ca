using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Network;

/// <summary>Gatys' normalisation: mean activation 1 for every channel that fires, and outputs that differ by the scales alone.</summary>
[Trait("Needs", "real files")]
public sealed class NormalisationTests
{
    /// <summary>
    /// In double precision what differs is the rounding of the scaled weights, 6e-8 of each, in sums whose parts cancel: 1e-7 of the
    /// layer's largest feature; float32 adds its own sums' rounding, 4e-6. A wrong or forgotten scale is off by as much as the features are.
    /// </summary>
    [Theory]
    [InlineData("reference", PoolingKind.Average, 1e-6)]
    [InlineData("reference", PoolingKind.Max, 1e-6)]
    [InlineData("cpu", PoolingKind.Average, 3e-5)]
    public void Outputs_are_the_original_s_times_the_scales(string id, PoolingKind pooling, double tolerance)
    {
        using var device = Devices.Open(id);
        Check(device, OwnGolden.Narrow, pooling, tolerance);
    }

    [Fact]
    public void The_real_network_can_be_normalised()
    {
        var weights = WeightFile.Load(SharedFiles.Require("weights/vgg19-caffe.safetensors"));
        using var device = Devices.Open("cpu");
        Check(device, weights, PoolingKind.Average, 3e-5);
    }

    [Fact]
    public void A_channel_that_never_fires_stays_as_it_is()
    {
        var first = OwnGolden.Weights.Layers[0];
        float[] bias = [.. first.Bias];
        bias[5] = -1e6f;
        var weights = OwnGolden.Weights with { Layers = [first with { Bias = bias }, OwnGolden.Weights.Layers[1]] };
        using var device = Devices.Open("cpu");
        var normalised = Normalise(device, weights, PoolingKind.Average);
        Assert.Equal(first.Kernel[(5 * 27)..(6 * 27)], normalised.Layers[0].Kernel[(5 * 27)..(6 * 27)]);
        Assert.Equal(-1e6f, normalised.Layers[0].Bias[5]);
        Assert.Contains("normalised over two pictures", normalised.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void Means_too_small_for_float32_are_refused() =>
        Assert.Contains("conv1_1 cannot be normalised", Assert.Throws<WeightsException>(() =>
            Normalisation.Apply(OwnGolden.Weights, [[.. Enumerable.Repeat(1e-300, 64)]], "")).Message, StringComparison.Ordinal);

    static void Check(Device device, VggWeights weights, PoolingKind pooling, double tolerance)
    {
        var means = Measure(device, weights, pooling);
        var normalised = Normalise(device, weights, pooling);
        var (meansAfter, original, scaled) = (Measure(device, normalised, pooling), Features(device, weights, pooling), Features(device, normalised, pooling));
        double worst = 0;
        for (int l = 0; l < original.Count; l++)
        {
            int positions = original[l].Length / means[l].Length;
            double largest = original[l].Max();
            for (int channel = 0; channel < means[l].Length; channel++)
            {
                // A channel that hardly fires has a large scale, which its rounding errors share.
                double mean = means[l][channel], scale = Normalisation.Scale(mean), error = tolerance * largest * scale;
                Assert.Equal(mean > 0 ? 1 : 0, meansAfter[l][channel], error);
                for (int i = channel * positions; i < (channel + 1) * positions; i++) worst = Math.Max(worst, Math.Abs(original[l][i] * scale - scaled[l][i]) / (largest * scale));
            }
        }
        Assert.InRange(worst, 0, tolerance);
    }

    static IEnumerable<Tensor> Pictures(Device device) =>
        new[] { new Shape(3, 40, 56), new Shape(3, 33, 24) }.Select((shape, i) => device.Allocate(shape, OwnGolden.Pixels(shape, (uint)(40 + i))));

    static IReadOnlyList<double[]> Measure(Device device, VggWeights weights, PoolingKind pooling)
    {
        using var network = new FeatureNetwork(device, weights, pooling, Vgg19.Layers[weights.Layers.Count - 1]);
        return ActivationMeans.Measure(network, Pictures(device), 32, TestContext.Current.CancellationToken);
    }

    static VggWeights Normalise(Device device, VggWeights weights, PoolingKind pooling) =>
        ActivationMeans.Normalise(device, weights, pooling, Vgg19.Layers[weights.Layers.Count - 1], 1, Pictures(device), "normalised over two pictures", 48, TestContext.Current.CancellationToken);

    static List<float[]> Features(Device device, VggWeights weights, PoolingKind pooling)
    {
        using var network = new FeatureNetwork(device, weights, pooling, Vgg19.Layers[weights.Layers.Count - 1]);
        using var picture = Pictures(device).First();
        using var pass = new FeaturePass(network, picture.Shape.Height, picture.Shape.Width, seeded: null);
        var features = new List<float[]>();
        pass.Forward(0, picture, (_, tensor, _) => features.Add(device.Download(tensor)));
        return features;
    }
}
