using System.Security.Cryptography;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>VGG-19 out of safetensors files: whole, cut, of other names, of other networks, damaged.</summary>
public sealed class WeightFileTests : IDisposable
{
    static readonly int[] TorchPlaces = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_real_network_is_read()
    {
        string path = SharedFiles.Require("weights/vgg19-caffe.safetensors");
        using (var stream = File.OpenRead(path))
            Assert.Equal("1a2fc10135e1b9d81ce58722c99a145befda987da8dcc3a6becc9cb7f5de7a84", Convert.ToHexStringLower(SHA256.HashData(stream)));
        var weights = WeightFile.Load(path);
        Assert.Equal(VggLayers.All, weights.Layers.Select(l => (l.Name, l.OutputChannels, l.InputChannels)));
        Assert.Equal(20_024_384, weights.Layers.Sum(l => l.Kernel.Length + l.Bias.Length));
        Assert.True(float.IsFinite(weights.Layers[0].Kernel[0]));
        Assert.Same(InputDescription.Caffe, weights.Input);
        Assert.Equal("vgg19-caffe.safetensors", weights.Source);
    }

    [Fact]
    public void A_network_that_stops_early_is_read_as_far_as_it_goes()
    {
        string path = Write(Tensors(Canonical, 5));
        var weights = WeightFile.Load(path);
        Assert.Equal(["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"], weights.Layers.Select(l => l.Name));
        Assert.Equal(Pattern("conv3_1.weight", 256 * 128 * 9), weights.Layers[4].Kernel);
        Assert.Equal(Pattern("conv3_1.bias", 256), weights.Layers[4].Bias);
    }

    [Fact]
    public void Torchvision_names_come_with_torchvision_s_input()
    {
        string path = Write([.. Tensors(Torch, 3), new("classifier.0.weight", [2, 2], new float[4])]);
        var weights = WeightFile.Load(path);
        Assert.Equal(["conv1_1", "conv1_2", "conv2_1"], weights.Layers.Select(l => l.Name));
        Assert.Equal(Pattern("features.5.weight", 128 * 64 * 9), weights.Layers[2].Kernel);
        Assert.Equal(ChannelOrder.Rgb, weights.Input.Order);
        Assert.Equal((255 * 0.229f * weights.Input.Scale[0] * 2) + 0.485f, (2 + (weights.Input.Mean[0] / 255)), 1e-6f);
        Assert.Equal(116.28f, weights.Input.Mean[1], 1e-4f);
        Assert.Equal(0.017429f, weights.Input.Scale[2], 1e-6f);
    }

    [Fact]
    public void The_metadata_s_input_wins_over_the_names()
    {
        var input = new InputDescription(ChannelOrder.Rgb, [1.5f, -2, 0.1f], [1 / 3f, 2, 3]);
        var metadata = new Dictionary<string, string> { [InputDescriptions.MetadataKey] = InputDescriptions.ToJson(input) };
        var read = WeightFile.Load(Write(Tensors(Torch, 1), metadata)).Input;
        Assert.Equal(ChannelOrder.Rgb, read.Order);
        Assert.Equal(input.Mean, read.Mean);
        Assert.Equal(input.Scale, read.Scale);
        foreach (string wrong in new[] { "", "[]", "{}", "5", """{"order":"grb","mean":[1,2,3],"scale":[1,1,1]}""",
            """{"order":"rgb","mean":[1,2],"scale":[1,1,1]}""", """{"order":"rgb","mean":[1,2,1e99],"scale":[1,1,1]}""", """{"order":"rgb","mean":[1,2,3],"scale":[1,0,1]}""" })
        {
            string path = Write(Tensors(Torch, 1), new Dictionary<string, string> { [InputDescriptions.MetadataKey] = wrong });
            Problems.Expect(path, "describe no input", () => WeightFile.Load(path));
        }
    }

    [Fact]
    public void Saved_weights_come_back()
    {
        var weights = WeightFile.Load(Write(Tensors(Torch, 2)));
        WeightFile.Save(_folder["saved"], weights);
        var again = WeightFile.Load(_folder["saved"]);
        Assert.Equal(weights.Layers.Select(l => l.Name), again.Layers.Select(l => l.Name));
        Assert.Equal(weights.Layers[1].Kernel, again.Layers[1].Kernel);
        Assert.Equal(weights.Input.Mean, again.Input.Mean);
        Assert.Equal(weights.Input.Scale, again.Input.Scale);
    }

    [Fact]
    public void Missing_and_misshaped_tensors_are_named()
    {
        Refused("lacks tensor 'conv2_1.bias'", [.. Tensors(Canonical, 4).Where(t => t.Name != "conv2_1.bias")]);
        Refused("lacks tensor 'conv1_1.weight'", [.. Tensors(Canonical, 4).Where(t => t.Name != "conv1_1.weight")]);
        Refused("lacks conv1_1.weight (conv1_1) though it has conv1_2", [.. Tensors(Canonical, 4).Skip(2)]);
        Refused("lacks conv2_1.weight (conv2_1) though it has conv2_2", [.. Tensors(Canonical, 4).Where(t => !t.Name.StartsWith("conv2_1", StringComparison.Ordinal))]);
        Refused("'conv1_1.weight' of shape [3, 3, 3, 64] where VGG-19's conv1_1 is [64, 3, 3, 3]", [new("conv1_1.weight", [3, 3, 3, 64], new float[1728]), new("conv1_1.bias", [64], new float[64])]);
        Refused("'features.0.bias' of shape [64, 1]", [new("features.0.weight", [64, 3, 3, 3], new float[1728]), new("features.0.bias", [64, 1], new float[64])]);
        Refused("holds no tensor of VGG-19", [new("gradient", [1], new float[1])]);
        Refused("holds no tensor at all", []);
    }

    [Fact]
    public void Other_networks_are_not_taken_for_VGG19()
    {
        Refused("is not plain VGG-19: it has 'features.1.weight'", [.. Tensors(Torch, 1), new("features.1.weight", [64], new float[64])]);
        Refused("is not plain VGG-19: it has 'features.17.weight'", [.. Tensors(Torch, 7), new("features.17.weight", [1, 1, 3, 3], new float[9])]);
        Refused("is not plain VGG-19: it has 'conv6_1.weight'", [.. Tensors(Canonical, 1), new("conv6_1.weight", [1, 1, 3, 3], new float[9])]);
    }

    [Theory]
    [InlineData(float.NaN, "NaN", 0)]
    [InlineData(float.PositiveInfinity, "an infinity", 1)]
    [InlineData(float.NegativeInfinity, "an infinity", 36863)]
    public void Values_that_are_not_finite_are_named(float value, string expected, int at)
    {
        var tensors = Tensors(Canonical, 2);
        float[] kernel = tensors[2].Values.ToArray();
        kernel[at] = value;
        tensors[2] = tensors[2] with { Values = kernel };
        Refused($"has {expected} in tensor 'conv1_2.weight' (value {at} of 36864)", tensors);
    }

    [Fact]
    public void Whole_numbers_are_not_weights()
    {
        string path = _folder.AddSafetensors("integers",
            """{"conv1_1.weight":{"dtype":"I8","shape":[64,3,3,3],"data_offsets":[0,1728]},"conv1_1.bias":{"dtype":"I8","shape":[64],"data_offsets":[1728,1792]}}""",
            new byte[1792]);
        Problems.Expect(path, "of type I8", () => WeightFile.Load(path));
    }

    static string Canonical(int layer) => VggLayers.All[layer].Name;

    static string Torch(int layer) => $"features.{TorchPlaces[layer]}";

    static List<TensorData> Tensors(Func<int, string> module, int layers)
    {
        var tensors = new List<TensorData>();
        for (int i = 0; i < layers; i++)
        {
            var (_, outputs, inputs) = VggLayers.All[i];
            tensors.Add(new($"{module(i)}.weight", [outputs, inputs, 3, 3], Pattern($"{module(i)}.weight", outputs * inputs * 9)));
            tensors.Add(new($"{module(i)}.bias", [outputs], Pattern($"{module(i)}.bias", outputs)));
        }
        return tensors;
    }

    static float[] Pattern(string name, int count)
    {
        var random = new Random(name.Sum(letter => letter));
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    string Write(IEnumerable<TensorData> tensors, Dictionary<string, string>? metadata = null)
    {
        SafetensorsFile.Write(_folder["vgg.bin"], tensors, metadata);
        return _folder["vgg.bin"];
    }

    void Refused(string expected, List<TensorData> tensors)
    {
        string path = Write(tensors);
        Problems.Expect(path, expected, () => WeightFile.Load(path));
    }
}
