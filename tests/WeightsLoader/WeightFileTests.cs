using System.Security.Cryptography;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.VggTensorSamples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>VGG-19 out of safetensors files: whole, cut, under other names, with its own input.</summary>
[Trait("Needs", "real files")]
public sealed class WeightFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

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
        Assert.Equal((255 * 0.229 * weights.Input.Scale[0] * 2) + 0.485, 2 + (weights.Input.Mean[0] / 255), 1e-9);
        Assert.Equal(116.28, weights.Input.Mean[1], 1e-9);
        Assert.Equal(0.017429f, weights.Input.Scale[2], 1e-6f);
    }

    [Fact]
    public void The_metadata_s_input_wins_over_the_names()
    {
        var input = new InputDescription(ChannelOrder.Rgb, [1.5, -2, 0.1], [1 / 3.0, 2, 3]);
        var metadata = new Dictionary<string, string> { [InputDescriptions.MetadataKey] = InputDescriptions.ToJson(input) };
        var read = WeightFile.Load(Write(Tensors(Torch, 1), metadata)).Input;
        Assert.Equal(ChannelOrder.Rgb, read.Order);
        Assert.Equal(input.Mean, read.Mean);
        Assert.Equal(input.Scale, read.Scale);
        foreach (string wrong in new[] { "", "[]", "{}", "5", """{"order":"grb","mean":[1,2,3],"scale":[1,1,1]}""",
            """{"order":"rgb","mean":[1,2],"scale":[1,1,1]}""", """{"order":"rgb","mean":[1,2,1e999],"scale":[1,1,1]}""", """{"order":"rgb","mean":[1,2,3],"scale":[1,0,1]}""" })
        {
            string path = Write(Tensors(Torch, 1), new Dictionary<string, string> { [InputDescriptions.MetadataKey] = wrong });
            Problems.Expect(path, "describe no input", () => WeightFile.Load(path));
        }
    }

    [Fact]
    public void Saved_weights_come_back()
    {
        var weights = WeightFile.Load(Write(Tensors(Torch, 2)));
        WeightFile.Save(folder["saved"], weights);
        var again = WeightFile.Load(folder["saved"]);
        Assert.Equal(weights.Layers.Select(l => l.Name), again.Layers.Select(l => l.Name));
        Assert.Equal(weights.Layers[1].Kernel, again.Layers[1].Kernel);
        Assert.Equal(weights.Input.Mean, again.Input.Mean);
        Assert.Equal(weights.Input.Scale, again.Input.Scale);
    }

    string Write(IEnumerable<TensorData> tensors, Dictionary<string, string>? metadata = null)
    {
        SafetensorsFile.Write(folder["vgg.bin"], tensors, metadata);
        return folder["vgg.bin"];
    }
}
