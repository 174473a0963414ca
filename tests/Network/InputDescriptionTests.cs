using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Tests.Golden;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Network;

/// <summary>One network under several input descriptions, its first kernel changed to fit each: all give the same features.</summary>
public sealed class InputDescriptionTests
{
    static readonly Shape Picture = new(3, 37, 42);

    public static TheoryData<ChannelOrder, double, double> Inputs => new()
    {
        { ChannelOrder.Rgb, 1, 1 },
        { ChannelOrder.Bgr, 1 / 255.0, 1 },
        { ChannelOrder.Rgb, 1 / (255 * .229), 1 },
        { ChannelOrder.Rgb, 1 / (255 * .225), 256 / 255.0 },
    };

    /// <summary>
    /// The kernels differ by a factor that is undone in double precision before they are rounded to float32: 1e-7 for each of them, and
    /// 27 to 4608 of them in a sum. 1e-4 of a layer's largest feature leaves room; a wrong mean or order is off by 1e-1.
    /// </summary>
    [Theory]
    [MemberData(nameof(Inputs))]
    public void Features_do_not_depend_on_how_the_input_is_described(ChannelOrder order, double scale, double pixelScale)
    {
        var caffe = OwnGolden.Weights with { Layers = [.. OwnGolden.Weights.Layers.Take(9)] };
        using var device = Devices.Open("cpu");
        foreach (var (expected, found) in Features(device, caffe, pixelScale).Zip(Features(device, As(caffe, order, scale), pixelScale)))
        {
            float largest = expected.Max();
            Assert.True(largest > 0);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-4f * largest);
        }
    }

    /// <summary>The same function of pictures, for a network that expects another order and scale.</summary>
    static VggWeights As(VggWeights weights, ChannelOrder order, double scale)
    {
        var first = weights.Layers[0];
        int Place(int channel) => order == weights.Input.Order ? channel : 2 - channel;
        var kernel = new float[first.Kernel.Length];
        for (int i = 0; i < kernel.Length; i++)
        {
            int channel = i % 27 / 9;
            kernel[i - 9 * channel + 9 * Place(channel)] = (float)(first.Kernel[i] / scale);
        }
        double[] means = [.. Enumerable.Range(0, 3).Select(c => weights.Input.Mean[Place(c)])];
        return weights with { Layers = [first with { Kernel = kernel }, .. weights.Layers.Skip(1)], Input = new(order, means, [scale, scale, scale]) };
    }

    static List<float[]> Features(Device device, VggWeights weights, double pixelScale)
    {
        using var network = new FeatureNetwork(device, weights, PoolingKind.Average, Vgg19.Layers[weights.Layers.Count - 1], pixelScale);
        using var picture = device.Allocate(Picture, OwnGolden.Pixels(Picture, 50));
        using var pass = new FeaturePass(network, Picture.Height, Picture.Width, seeded: null);
        var features = new List<float[]>();
        pass.Forward(0, picture, (_, tensor, _) => features.Add(device.Download(tensor)));
        return features;
    }
}
