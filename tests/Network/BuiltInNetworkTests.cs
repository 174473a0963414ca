using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Network;

[Trait("Takes", "long")]
public sealed class BuiltInNetworkTests
{
    const int Side = 96;

    static readonly VggWeights Weights = BuiltInNetwork.Create();

    /// <summary>
    /// Every bit, on every machine: a picture painted without weights can be painted again. A change of the recipe changes
    /// the hash; note the pictures that it changes in docs/decisions/built-in-network.md.
    /// </summary>
    [Fact]
    public void Same_bits_on_every_machine()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var layer in Weights.Layers) hash.AppendData(MemoryMarshal.AsBytes(layer.Kernel.AsSpan()));
        Assert.Equal("4d7213fee6e126fb", Convert.ToHexStringLower(hash.GetHashAndReset())[..16]);
    }

    [Fact]
    public void Has_the_shape_of_VGG19()
    {
        Assert.Equal(VggLayers.All, Weights.Layers.Select(l => (l.Name, l.OutputChannels, l.InputChannels)));
        foreach (var layer in Weights.Layers)
        {
            Assert.Equal(layer.OutputChannels * layer.InputChannels * 9, layer.Kernel.Length);
            Assert.Equal(layer.OutputChannels, layer.Bias.Length);
            Assert.All(layer.Bias, bias => Assert.Equal(0, bias));
            Assert.True(layer.Kernel.All(float.IsFinite), layer.Name);
        }
        Assert.Equal("built-in network", Weights.Source);
    }

    [Fact]
    public void Fewer_layers_are_the_first_ones()
    {
        var few = BuiltInNetwork.Create(depth: 5);
        Assert.Equal(5, few.Layers.Count);
        Assert.All(few.Layers.Zip(Weights.Layers), pair => Assert.Equal(pair.Second.Kernel, pair.First.Kernel));
        Assert.Throws<ArgumentOutOfRangeException>(() => BuiltInNetwork.Create(depth: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => BuiltInNetwork.Create(depth: 17));
    }

    /// <summary>
    /// On flat noise, on the strongest noise there is, and on stripes, all layers answer, and no answer leaves the range of
    /// half precision (65504).
    /// </summary>
    [Theory]
    [InlineData("weak noise")]
    [InlineData("black and white noise")]
    [InlineData("stripes")]
    public void Features_stay_in_range(string kind)
    {
        var random = new Random(1);
        float[] picture = [.. Enumerable.Range(0, 3 * Side * Side).Select(i => kind switch
        {
            "weak noise" => 120 + 20 * random.NextSingle(),
            "stripes" => i % Side / 8 % 2 * 255,
            _ => random.Next(2) * 255f,
        })];
        foreach (var (layer, features) in Features(picture))
        {
            Assert.True(features.All(float.IsFinite), layer.Relu);
            Assert.InRange(features.Max(), 10, 40_000);
        }
    }

    /// <summary>No channel is silent on a picture that has everything.</summary>
    [Fact]
    public void No_channel_is_dead()
    {
        var random = new Random(2);
        foreach (var (layer, features) in Features([.. Enumerable.Range(0, 3 * Side * Side).Select(_ => 255 * random.NextSingle())]))
        {
            int channels = LayerTable.Full.Outputs(layer), positions = features.Length / channels;
            for (int c = 0; c < channels; c++)
                Assert.True(features.AsSpan(c * positions, positions).ContainsAnyInRange(float.Epsilon, float.MaxValue), $"{layer.Relu}, channel {c}");
        }
    }

    /// <summary>Without biases, twice the contrast around the middle grey gives twice the features.</summary>
    [Fact]
    public void Contrast_scales_the_features()
    {
        var random = new Random(3);
        float[] once = [.. Enumerable.Range(0, 3 * Side * Side).Select(_ => 127.5f + 50 * (random.NextSingle() - .5f))];
        float[] twice = [.. once.Select(v => 2 * v - 127.5f)];
        foreach (var ((layer, weak), (_, strong)) in Features(once).Zip(Features(twice)))
        {
            double difference = weak.Zip(strong, (a, b) => Math.Abs(2.0 * a - b)).Max();
            Assert.True(difference < 1e-4 * strong.Max(), $"{layer.Relu}: {difference}");
        }
    }

    static List<(VggLayer Layer, float[] Features)> Features(float[] picture)
    {
        using var device = new SimdDevice(1);
        using var network = new FeatureNetwork(device, Weights, PoolingKind.Average, Vgg19.Layers[^1]);
        using var pass = new FeaturePass(network, Side, Side, seeded: null);
        using var input = device.Allocate(new(3, Side, Side), picture);
        var features = new List<(VggLayer, float[])>();
        pass.Forward(0, input, (layer, tensor, _) => features.Add((layer, device.Download(tensor))));
        return features;
    }
}
