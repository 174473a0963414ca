using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>The real network in files of PyTorch and ONNX laid out and named as the published ones, and the real files there are.</summary>
public sealed class NamedFilesTests : IDisposable
{
    const string Script = "make_named_files.py", Real = "weights/vgg19-caffe.safetensors";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void PyTorch_s_files_under_all_names()
    {
        var real = Make("torch", "torch, numpy");
        foreach (string name in new[] { "torchvision.pth", "gatys.pth", "encoder.pth" })
        {
            var read = WeightFile.Load(folder[name]);
            NamedNetwork.Same(real.Layers, read);
            Assert.Equal(InputDescriptions.ToJson(InputDescription.Caffe), InputDescriptions.ToJson(read.Input));
        }
        Normalised(real, WeightFile.Load(folder["normalised.pth"]));
    }

    [Fact]
    public void ONNX_s_files_under_all_names()
    {
        var real = Make("onnx", "onnx, numpy");
        foreach (string name in new[] { "gluon.onnx", "caffe2.onnx" })
        {
            var read = WeightFile.Load(folder[name]);
            NamedNetwork.Same(real.Layers, read);
            Assert.Same(InputDescription.Caffe, read.Input);
        }
        Normalised(real, WeightFile.Load(folder["normalised.onnx"]));
    }

    /// <summary>Gatys' normalised network as far as conv3_1, with the preprocessing convolution of AdaIN's encoder.</summary>
    [Fact]
    public void A_published_encoder_is_the_Caffe_network_up_to_a_positive_scale_per_channel()
    {
        var encoder = WeightFile.Load(SharedFiles.Require("weights/vgg_normalised_conv3_1.pth"));
        var real = WeightFile.Load(SharedFiles.Require(Real));
        Assert.Equal(["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"], encoder.Layers.Select(l => l.Name));
        Assert.Equal(InputDescriptions.ToJson(InputDescription.Caffe), InputDescriptions.ToJson(encoder.Input));
        double[] before = [1, 1, 1];
        foreach (var (found, original) in encoder.Layers.Zip(real.Layers))
        {
            int perOutput = original.InputChannels * 9;
            double[] scales = new double[original.OutputChannels];
            for (int o = 0; o < scales.Length; o++)
            {
                // The scale that fits best, by least squares over the channel's weights and its bias.
                double numerator = (double)found.Bias[o] * original.Bias[o], denominator = (double)original.Bias[o] * original.Bias[o], size = 0;
                for (int i = 0; i < perOutput; i++)
                {
                    double known = original.Kernel[o * perOutput + i] / before[i / 9];
                    numerator += found.Kernel[o * perOutput + i] * known;
                    denominator += known * known;
                    size = Math.Max(size, Math.Abs(known));
                }
                scales[o] = numerator / denominator;
                Assert.True(scales[o] > 0, $"{original.Name}, channel {o}");
                // Both files are float32, and somebody's scales went between them: 1e-6 of the channel's largest weight.
                double tolerance = 1e-6 * scales[o] * size;
                for (int i = 0; i < perOutput; i++)
                    Assert.Equal(original.Kernel[o * perOutput + i] / before[i / 9] * scales[o], found.Kernel[o * perOutput + i], tolerance);
                Assert.Equal(original.Bias[o] * scales[o], found.Bias[o], Math.Max(tolerance, 1e-6 * Math.Abs(original.Bias[o]) * scales[o]));
            }
            before = scales;
        }
    }

    [Theory]
    [InlineData("weights/vgg_conv.truncated.pth", "is cut short")]
    [InlineData("samples/cifar10_quick_iter_5000_v1.caffemodel", "is not VGG-19: it has 'conv1.weight' [32, 3, 5, 5], 'conv1.bias' [1, 1, 1, 32], 'conv2.weight'")]
    [InlineData("samples/mtcnn_det1.caffemodel", "is not VGG-19: it has 'conv1.weight' [10, 3, 3, 3]")]
    [InlineData("samples/mtcnn_det3.caffemodel", "is not VGG-19: it has 'conv1.weight' [32, 3, 3, 3]")]
    public void Broken_files_and_other_networks_get_one_clear_line(string file, string expected)
    {
        string path = SharedFiles.Require(file);
        Problems.Expect(path, expected, () => WeightFile.Load(path));
    }

    VggWeights Make(string kind, string modules)
    {
        string real = SharedFiles.Require(Real);
        OriginalTools.Run(Script, modules, kind, folder.Root, real);
        return WeightFile.Load(real);
    }

    /// <summary>The script's batch normalisation, applied here to the plain network.</summary>
    static void Normalised(VggWeights real, VggWeights read)
    {
        Assert.Equal(real.Layers.Count, read.Layers.Count);
        foreach (var (plain, folded, i) in real.Layers.Zip(read.Layers).Select((pair, i) => (pair.First, pair.Second, i)))
            for (int o = 0; o < plain.OutputChannels; o++)
            {
                double scale = (1 + o % 7 / 8.0) / Math.Sqrt(0.25 + o % 11 + 1e-5), mean = (o % 3 - 1) / 2.0 + i / 16.0, summand = (o % 5 - 2) / 4.0;
                Assert.Equal((plain.Bias[o] - mean) * scale + summand, folded.Bias[o], 1e-5);
                Assert.Equal(plain.Kernel[(o + 1) * plain.InputChannels * 9 - 1] * scale, folded.Kernel[(o + 1) * plain.InputChannels * 9 - 1], 1e-7);
            }
    }
}
