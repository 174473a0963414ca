using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.WeightsLoader;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Network;

/// <summary>
/// relu1_1 of files of every kind, against a plain convolution of what that kind's own program feeds to its network: the picture
/// prepared by its published recipe, then zeros around it.
/// </summary>
public sealed class FirstLayerTests
{
    const int Height = 19, Width = 23;

    static readonly double[] CaffeMean = [103.939, 116.779, 123.68], TorchMean = [.485, .456, .406], TorchDeviation = [.229, .224, .225];

    /// <summary>A recipe: the value of an input channel, from a pixel's red, green and blue in 0..255.</summary>
    static readonly Dictionary<string, (Func<MemoryTensors> File, Func<int, float[], double> Recipe)> Kinds = new()
    {
        ["Caffe"] = (() => Named("conv1_1.weight", "conv1_1.bias"), (c, rgb) => rgb[2 - c] - CaffeMean[c]),
        ["Keras"] = (() => Named("block1_conv1/kernel", "block1_conv1/bias", last: true), (c, rgb) => rgb[2 - c] - CaffeMean[c]),
        ["MatConvNet"] = (() => Named("layers[0].weights[0]", "layers[0].weights[1]", last: true), (c, rgb) => rgb[c] - CaffeMean[2 - c]),
        ["torchvision"] = (() => Named("features.0.weight", "features.0.bias"), (c, rgb) => (rgb[c] / 255.0 - TorchMean[c]) / TorchDeviation[c]),
        ["MXNet"] = (() => Named("vgg0_conv0_weight", "vgg0_conv0_bias"), (c, rgb) => (rgb[c] / 255.0 - TorchMean[c]) / TorchDeviation[c]),
        ["AdaIN"] = (() => Named("2.weight", "2.bias").Add("0.weight", [3, 3, 1, 1], [0, 0, 255, 0, 255, 0, 255, 0, 0]).Add("0.bias", [3], [-103.939f, -116.779f, -123.68f]),
            (c, rgb) => 255 * (rgb[2 - c] / 255.0) - CaffeMean[c]),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    /// <summary>Both sides compute in double precision; what is left are the float32 of the first kernel with the scale folded in, and of the features: 1e-6.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_s_first_layer_sees_what_its_program_feeds_it(string kind)
    {
        var (file, recipe) = Kinds[kind];
        var picture = new Shape(3, Height, Width);
        float[] pixels = OwnGolden.Pixels(picture, 60);
        double[] expected = Convolved(NamedNetwork.Expected(1)[0], pixels, recipe);
        using var device = Devices.Open("reference");
        using var network = new FeatureNetwork(device, WeightFile.Read(file()), PoolingKind.Average, Vgg19.Layers[0]);
        using var uploaded = device.Allocate(picture, pixels);
        using var pass = new FeaturePass(network, Height, Width, seeded: null);
        float[] found = [];
        pass.Forward(0, uploaded, (_, features, _) => found = device.Download(features));
        double largest = expected.Max();
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-6 * largest);
    }

    static MemoryTensors Named(string kernel, string bias, bool last = false) => new NamedNetwork(_ => kernel, _ => bias, last).File(1);

    static double[] Convolved(ConvolutionWeights layer, float[] pixels, Func<int, float[], double> recipe)
    {
        double Input(int c, int y, int x)
        {
            if (y < 0 || x < 0 || y >= Height || x >= Width) return 0;
            int at = y * Width + x;
            return recipe(c, [pixels[at], pixels[Height * Width + at], pixels[2 * Height * Width + at]]);
        }
        var output = new double[layer.OutputChannels * Height * Width];
        for (int o = 0, at = 0; o < layer.OutputChannels; o++)
            for (int y = 0; y < Height; y++)
                for (int x = 0; x < Width; x++, at++)
                {
                    double sum = layer.Bias[o];
                    for (int tap = 0; tap < 27; tap++)
                        sum += layer.Kernel[o * 27 + tap] * Input(tap / 9, y + tap % 9 / 3 - 1, x + tap % 3 - 1);
                    output[at] = Math.Max(0, sum);
                }
        return output;
    }
}
