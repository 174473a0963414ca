using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Files of the real network written by NumPy, SciPy and h5py, as users' files were: 32 tensors, bit for bit.</summary>
[Trait("Needs", "real files")]
[Trait("Takes", "long")]
public sealed class ArrayToolsTests : IDisposable
{
    static readonly string[] Layers = [.. VggLayers.All.Select(layer => layer.Name)];

    /// <summary>block1_conv1 for conv1_1.</summary>
    static readonly string[] Blocks = [.. Layers.Select(layer => $"block{layer[4]}_conv{layer[6]}")];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("h5-old", "", "_W_1:0", "_b_1:0", 32)]
    [InlineData("h5-old-top", "", "_W_1:0", "_b_1:0", 38)]
    [InlineData("h5-chunked", "", "/kernel:0", "/bias:0", 32)]
    [InlineData("h5-deflated", "", "/kernel:0", "/bias:0", 32)]
    [InlineData("h5-model", "model_weights/", "/kernel:0", "/bias:0", 38)]
    [InlineData("h5-model-latest", "model_weights/", "/kernel:0", "/bias:0", 38)]
    public void Keras_files(string kind, string prefix, string kernel, string bias, int tensors)
    {
        using var file = Make(kind, "numpy, h5py");
        Assert.Equal(tensors, file.Tensors.Count);
        Expect(file, layer => $"{prefix}{Blocks[layer]}/{Blocks[layer]}{kernel}", layer => $"{prefix}{Blocks[layer]}/{Blocks[layer]}{bias}");
    }

    [Theory]
    [InlineData("mat5", "numpy, scipy.io")]
    [InlineData("mat5-deflated", "numpy, scipy.io")]
    [InlineData("mat73", "numpy, h5py")]
    public void MatConvNet_s_files(string kind, string modules)
    {
        using var file = Make(kind, modules);
        Expect(file, layer => $"layers[{2 * layer}].weights[0]", layer => $"layers[{2 * layer}].weights[1]");
        Assert.Equal(Layers, Enumerable.Range(0, 16).Select(i => file.Metadata[$"layers[{2 * i}].name"]));
        Assert.Equal("relu", file.Metadata["layers[31].type"]);
        Assert.Equal([1L, 4], file.Find("layers[0].pad")!.Shape);
    }

    [Theory]
    [InlineData("npz")]
    [InlineData("npz-deflated")]
    public void NumPy_s_archives(string kind)
    {
        using var file = Make(kind, "numpy");
        Expect(file, layer => $"{Layers[layer]}.weight", layer => $"{Layers[layer]}.bias");
    }

    [Fact]
    public void NumPy_s_pickled_dictionary()
    {
        using var file = Make("npy", "numpy");
        Expect(file, layer => $"{Layers[layer]}.0", layer => $"{Layers[layer]}.1");
    }

    [Fact]
    public void Shards_of_TensorFlow_js()
    {
        using var file = Make("tfjs", "numpy");
        Expect(file, layer => $"{Blocks[layer]}/kernel", layer => $"{Blocks[layer]}/bias");
    }

    [Theory]
    [InlineData("tfjs-float16", 0.0005)]
    [InlineData("tfjs-uint16", 0.00001)]
    [InlineData("tfjs-uint8", 0.0025)]
    public void Quantised_shards_of_TensorFlow_js(string kind, double tolerance)
    {
        using var file = Make(kind, "numpy");
        using var real = SafetensorsFile.Open(SharedFiles.Require("weights/vgg19-caffe.safetensors"));
        for (int layer = 0; layer < 16; layer++)
        {
            float[] bias = real.ReadFloat32($"{Layers[layer]}.bias");
            float range = bias.Max() - bias.Min(); // half a step of it, and rounding
            Assert.All(bias.Zip(file.ReadFloat32($"{Blocks[layer]}/bias")), pair => Assert.Equal(pair.First, pair.Second, tolerance * range));
        }
    }

    TensorFile Make(string kind, string modules)
    {
        string real = SharedFiles.Require("weights/vgg19-caffe.safetensors");
        OriginalTools.Run("make_array_files.py", modules, kind, real, folder["file"]);
        return TensorFiles.Open(folder["file"]);
    }

    /// <summary>Kernels in the file are [height, width, input, output]; biases may be rows.</summary>
    static void Expect(TensorFile file, Func<int, string> kernel, Func<int, string> bias)
    {
        using var real = SafetensorsFile.Open(SharedFiles.Require("weights/vgg19-caffe.safetensors"));
        for (int layer = 0; layer < 16; layer++)
        {
            var (name, outputs, inputs) = VggLayers.All[layer];
            float[] expected = real.ReadFloat32($"{name}.weight"), read = file.ReadFloat32(kernel(layer));
            bool same = file.Find(kernel(layer))!.Shape.SequenceEqual([3L, 3, inputs, outputs]);
            for (int place = 0, at = 0; place < 9; place++)
                for (int input = 0; input < inputs; input++)
                    for (int output = 0; output < outputs; output++)
                        same &= BitConverter.SingleToUInt32Bits(read[at++]) == BitConverter.SingleToUInt32Bits(expected[(((output * inputs) + input) * 9) + place]);
            Assert.True(same, kernel(layer));
            Assert.Equal(real.ReadFloat32($"{name}.bias"), file.ReadFloat32(bias(layer)));
        }
        NamedNetwork.Same(WeightFile.Read(real).Layers, WeightFile.Read(file));
    }
}
