using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Imaging;
using GpuStyle.Tests.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Network;

/// <summary>Networks with VGG-19's layers of any width: each engine pads as it must, and losses divide by the channels that there
/// are.</summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class WidthTests
{
    const int Height = 36, Width = 43;

    /// <summary>Multiples of nothing, from the fewest channels to more than the layer above.</summary>
    static readonly int[] Widths = [5, 19, 33, 3, 40, 17, 4, 65, 23, 48, 31, 16, 70];

    static readonly ObjectiveSettings Settings = Presets.Find("gatys2016").Objective with
    {
        ContentLayers = [new("relu3_2", 1)],
        StyleLayers = [new("relu1_1", 1), new("relu2_1", 1), new("relu2_2", 1), new("relu3_1", 1), new("relu4_1", 1), new("relu5_1", 1)],
    };

    internal static VggWeights Weights()
    {
        var random = new Random(3);
        float[] Values(int count, double deviation) => [.. Enumerable.Range(0, count).Select(_ =>
            (float)(deviation * (2 * random.NextDouble() - 1)))];
        return new([.. Widths.Select((outputs, l) =>
        {
            int inputs = l == 0 ? 3 : Widths[l - 1];
            return new ConvolutionWeights(Vgg19.Layers[l].Convolution, outputs, inputs, Values(9 * outputs * inputs,
                Math.Sqrt(2.0 / (3 * inputs))), Values(outputs, 0.1));
        })], InputDescription.Caffe, "a test's weights");
    }

    static (double[] Losses, float[] Gradient) Evaluate(Device device, PoolingKind pooling)
    {
        var settings = Settings with { Pooling = pooling };
        using var network = new FeatureNetwork(device, Weights(), pooling, settings.Deepest());
        var shape = new Shape(3, Height, Width);
        using Tensor picture = device.Allocate(shape, OwnGolden.Pixels(shape, 1)), gradient = device.Allocate(shape);
        using Tensor content = device.Allocate(shape, OwnGolden.Pixels(shape, 2)), style = device.Allocate(shape, OwnGolden.Pixels(shape,
            3));
        using var objective = new Objective(network, settings, content, [style], Height, Width);
        // Plainly, recorded, and replayed.
        for (int i = 0; i < 3; i++) objective.Evaluate(picture, gradient);
        var losses = objective.ReadLosses();
        return ([losses.Content, .. losses.StyleLayers], device.Download(gradient));
    }

    [Theory]
    [InlineData("cpu", PoolingKind.Average)]
    [InlineData("cpu", PoolingKind.Max)]
    [InlineData("exact", PoolingKind.Average)]
    [InlineData("opencl", PoolingKind.Average)]
    [InlineData("opencl", PoolingKind.Max)]
    public void Every_engine_gives_what_the_reference_gives(string id, PoolingKind pooling)
    {
        Assert.SkipWhen(id == "opencl" && Devices.Find().All(d => d.Kind != DeviceKind.OpenCl || d.Refusal is not null),
            OpenClOperationTests.Absent);
        using Device reference = new ReferenceDevice(), device = id == "exact" ? new SimdDevice(1, exact: true) : Devices.Open(id);
        var (expected, expectedGradient) = Evaluate(reference, pooling);
        var (losses, gradient) = Evaluate(device, pooling);
        // Float32 over 13 layers; Winograd's rounding changes ReLU masks, and so the gradient by a thousandth.
        for (int i = 0; i < expected.Length; i++) Assert.Equal(1, losses[i] / expected[i], 1e-4);
        double difference = 0, norm = 0;
        for (int i = 0; i < gradient.Length; i++)
        {
            difference += Math.Pow(gradient[i] - expectedGradient[i], 2);
            norm += Math.Pow(expectedGradient[i], 2);
        }
        Assert.InRange(Math.Sqrt(difference / norm), 0, 5e-3);
    }

    [Fact]
    public void A_file_says_how_wide_its_network_is()
    {
        using var folder = new TemporaryFolder();
        var weights = Weights();
        WeightFile.Save(folder["narrow.safetensors"], weights);
        var read = WeightFile.Load(folder["narrow.safetensors"]);
        Assert.Equal(weights.Hash(), read.Hash());
        Assert.Equal(Widths, read.Layers.Select(l => l.OutputChannels));
    }

    /// <summary>Kernels that do not take what the one before puts out, wider ones, and a part of a narrow network are no network of
    /// ours.</summary>
    [Fact]
    public void Widths_that_do_not_fit_are_refused()
    {
        using var folder = new TemporaryFolder();
        var layers = Weights().Layers;
        ConvolutionWeights Wide(ConvolutionWeights l, int inputs) => l with
        {
            InputChannels = inputs,
            Kernel = new float[9 * inputs * l.OutputChannels]
        };
        Refused([.. layers.Select((l, i) => i == 5 ? Wide(l, 18) : l)]);
        Refused([.. layers.Take(12)]);
        Refused([new(layers[0].Name, 65, 3, new float[9 * 65 * 3], new float[65]), Wide(layers[1], 65), .. layers.Skip(2)]);

        void Refused(IReadOnlyList<ConvolutionWeights> changed)
        {
            WeightFile.Save(folder["other.safetensors"], Weights() with { Layers = changed });
            Assert.Contains("is not VGG-19", Assert.Throws<WeightsException>(() => WeightFile.Load(folder["other.safetensors"])).Message);
        }
    }

    /// <summary>The cost is that of the channels that there are.</summary>
    [Fact]
    public void A_table_counts_its_own_operations()
    {
        var table = LayerTable.Of(Weights());
        var deepest = Settings.Deepest();
        var block = PictureBlock.Cut(deepest, Height, Width, 0).Single();
        double expected = 0;
        for (int l = 0; l <= deepest.Index; l++)
        {
            int pools = Vgg19.Layers[l].PoolsBefore;
            expected += 18.0 * (l == 0 ? 3 : Widths[l - 1]) * Widths[l] * (Height >> pools) * (Width >> pools);
        }
        Assert.Equal(expected, table.Flops(deepest, block));
        // One block: forward and backward once.
        Assert.Equal(2 * expected, CostModel.Flops(table, Settings, Height, Width), 1e-6 * expected);
    }
}
