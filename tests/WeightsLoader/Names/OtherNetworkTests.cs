using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.VggTensorSamples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Networks that are not VGG-19 are refused with what they have; so are damaged ones.</summary>
public sealed class OtherNetworkTests
{
    /// <summary>Outputs of VGG-16's convolutions, and their places among torchvision's modules.</summary>
    static readonly (string Block, int Place, int Outputs)[] Vgg16 =
    [
        ("1_1", 0, 64), ("1_2", 2, 64), ("2_1", 5, 128), ("2_2", 7, 128), ("3_1", 10, 256), ("3_2", 12, 256), ("3_3", 14, 256),
        ("4_1", 17, 512), ("4_2", 19, 512), ("4_3", 21, 512), ("5_1", 24, 512), ("5_2", 26, 512), ("5_3", 28, 512),
    ];

    [Fact]
    public void VGG16_is_refused_under_all_names()
    {
        Refused(Sixteen(l => $"conv{l.Block}.", "weight", "bias"), "is not VGG-19, or damaged: it has conv4_1 but lacks conv3_4");
        Refused(Sixteen(l => $"features.{l.Place}.", "weight", "bias"), "is not VGG-19: it has 'features.17.weight' [512, 256, 3, 3]");
        Refused(Sixteen(l => $"block{l.Block.Replace("_", "_conv", StringComparison.Ordinal)}/", "kernel", "bias", last: true), "it has conv4_1 but lacks conv3_4");
        int n = 0;
        Refused(Sixteen(_ => $"vgg0_conv{n++ / 2}_", "weight", "bias"), "'vgg0_conv7_weight' of shape [512, 256, 3, 3] where VGG-19's conv3_4 is [256, 256, 3, 3]");
    }

    [Fact]
    public void Networks_of_other_kinds_are_refused_with_their_tensors()
    {
        Refused(new MemoryTensors().Add("conv1.weight", [32, 3, 5, 5], new float[2400]).Add("conv1.bias", [1, 1, 1, 32], new float[32])
            .Add("ip1.weight", [64, 32], new float[2048]).Add("ip1.bias", [64], new float[64]),
            "is not VGG-19: it has 'conv1.weight' [32, 3, 5, 5], 'conv1.bias' [1, 1, 1, 32], 'ip1.weight' [64, 32] and 1 more tensors; name a file of VGG-19");
        Refused(new MemoryTensors().Add("layer1.0.downsample.0.weight", [256, 64, 1, 1], new float[16384]), "is not VGG-19: it has 'layer1.0.downsample.0.weight' [256, 64, 1, 1];");
        Refused(new MemoryTensors().Add("conv1_1.weight", [64, 3, 5, 5], new float[4800]), "is not VGG-19: it has 'conv1_1.weight' [64, 3, 5, 5]");
        Refused(new MemoryTensors(), "holds no tensor at all");
    }

    /// <summary>Keras files for Theano have kernels [out, in, height, width], turned by 180 degrees or not: nothing tells which.</summary>
    [Fact]
    public void Theano_s_kernels_are_not_guessed_at() =>
        Refused(new NamedNetwork(i => $"block1_conv{i + 1}_W_1:0", i => $"block1_conv{i + 1}_b_1:0").File(2), "is not VGG-19: it has 'block1_conv1_W_1:0' [64, 3, 3, 3]");

    static void Refused(MemoryTensors file, string expected) => Problems.Expect("memory/file.any", expected, () => WeightFile.Read(file));

    static MemoryTensors Sixteen(Func<(string Block, int Place, int Outputs), string> module, string weight, string bias, bool last = false)
    {
        var file = new MemoryTensors();
        int inputs = 3;
        foreach (var layer in Vgg16)
        {
            file.Add(module(layer) + weight, last ? [3, 3, inputs, layer.Outputs] : [layer.Outputs, inputs, 3, 3], new float[9 * inputs * layer.Outputs]);
            file.Add(module(layer) + bias, [layer.Outputs], Pattern("b", layer.Outputs));
            inputs = layer.Outputs;
        }
        return file;
    }
}
