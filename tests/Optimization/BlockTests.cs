using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Optimization;

/// <summary>An evaluation in blocks gives what the whole picture gives.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
public sealed class BlockTests
{
    [Theory]
    [InlineData("relu5_1", 70)]
    [InlineData("relu4_2", 38)]
    [InlineData("relu1_1", 1)]
    public void Margins_follow_from_the_network(string deepest, int margin)
    {
        var middle = PictureBlock.Cut(Vgg19.Find(deepest), 1024, 1024, 256)[5];
        Assert.Equal(new Region(256 - margin, 256 - margin, 256 + 2 * margin, 256 + 2 * margin), middle.Window);
    }

    [Fact]
    public void Every_position_of_every_layer_has_one_owner()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            var deepest = Vgg19.Layers[random.Next(Vgg19.Layers.Count)];
            int height = random.Next(16, 300), width = random.Next(16, 300), side = random.Next(16, 200);
            var blocks = PictureBlock.Cut(deepest, height, width, side);
            int unit = 1 << deepest.PoolsBefore, rounded = (side + unit - 1) / unit * unit;
            for (int pools = 0; pools <= deepest.PoolsBefore; pools++)
            {
                var owners = new int[height >> pools, width >> pools];
                foreach (var (window, owned) in blocks.Select(b => b.Levels[pools]))
                {
                    window.CheckedIn(new(1, height >> pools, width >> pools));
                    owned.CheckedIn(new(1, window.Height, window.Width));
                    // A last block that would own no position of the deepest layer goes to the one before it.
                    int most = Math.Max(rounded, 2 * unit - 1);
                    if (pools == 0) Assert.True(owned.Height <= most && owned.Width <= most, $"{owned} for blocks of {side}");
                    for (int y = 0; y < owned.Height; y++)
                        for (int x = 0; x < owned.Width; x++) owners[window.Top + owned.Top + y, window.Left + owned.Left + x]++;
                }
                Assert.All(owners.Cast<int>(), count => Assert.Equal(1, count));
            }
        }
    }

    /// <summary>Three resolutions, with a margin of 10 px: float64 takes its time.</summary>
    [Theory]
    [InlineData("gatys2016", 19, 53)]
    [InlineData("neural-style", 41, 22)]
    public void Exact_in_double_precision(string preset, int height, int width) =>
        Check(new ReferenceDevice(), preset, height, width, [8, 12], 1e-7, "relu3_1");

    /// <summary>Rounding of the Gram sums' other order is all that differs: direct convolutions give the same bits.</summary>
    [Theory]
    [InlineData("gatys2016", 211, 307)]
    [InlineData("neural-style-pt", 190, 333)]
    public void Exact_but_for_rounding_on_simd(string preset, int height, int width) =>
        Check(new SimdDevice(1, exact: true), preset, height, width, [50, 64, 200], 1e-5);

    /// <summary>
    /// Winograd's tiles begin where the block does, so its rounding moves, and with it ReLU masks and the winners of max pooling where
    /// two values are almost equal, each of which moves the gradient by some 1e-4: blocks may differ from the whole picture by what the
    /// golden values allow, or twice as much as that picture differs from the direct convolution.
    /// </summary>
    [Theory]
    [InlineData("gatys2016", 211, 307)]
    [InlineData("neural-style-pt", 190, 333)]
    public void As_close_as_Winograd_is(string preset, int height, int width)
    {
        using SimdDevice direct = new(1, exact: true), winograd = new(1);
        var (_, exact) = Evaluate(direct, preset, height, width, 0, weights: OwnGolden.Weights);
        var (expected, whole) = Evaluate(winograd, preset, height, width, 0, weights: OwnGolden.Weights);
        var (losses, blocks) = Evaluate(winograd, preset, height, width, 100, weights: OwnGolden.Weights);
        double rounding = GoldenTests.RelativeL2(whole, exact), difference = GoldenTests.RelativeL2(blocks, whole);
        TestContext.Current.TestOutputHelper?.WriteLine($"Winograd {rounding:g3}, blocks {difference:g3}");
        Assert.InRange(difference, 0, Math.Max(1e-3, 2 * rounding));
        Assert.Equal(1, losses.Total / expected.Total, 1e-5);
    }

    [Theory]
    [InlineData(DeviceKind.OpenCl)]
    [InlineData(DeviceKind.Cuda)]
    public void Exact_but_for_rounding_on_ilgpu(DeviceKind kind)
    {
        CudaDriver.SkipWhatIsLong(kind);
        var device = OpenClOperationTests.FirstOf(kind);
        Assert.SkipWhen(device is null, kind == DeviceKind.Cuda ? CudaOperationTests.Absent : OpenClOperationTests.Absent);
        Check(device!, "gatys2016", 147, 83, [48], 1e-5);
    }

    /// <summary>The errors of a blocked gradient are no larger along the borders of the blocks than elsewhere.</summary>
    [Fact]
    public void No_seams()
    {
        const int Side = 64, Height = 192, Width = 256;
        using var device = new SimdDevice(1, exact: true);
        var (_, whole) = Evaluate(device, "gatys2016", Height, Width, 0);
        var (_, blocked) = Evaluate(device, "gatys2016", Height, Width, Side);
        double seam = 0, rest = 0;
        int seams = 0;
        for (int i = 0; i < whole.Length; i++)
        {
            int x = i % Width % Side, y = i / Width % Height % Side;
            bool border = x < 2 || x >= Side - 2 || y < 2 || y >= Side - 2;
            double square = Math.Pow(whole[i] - blocked[i], 2);
            if (border) (seam, seams) = (seam + square, seams + 1);
            else rest += square;
        }
        double ratio = Math.Sqrt(seam / seams / (rest / (whole.Length - seams)));
        Assert.InRange(ratio, 0, 1.5); // both are rounding; a seam of one wrong position would be thousands of times as large
    }

    static void Check(Device device, string preset, int height, int width, int[] sides, double tolerance, string deepest = "relu5_1")
    {
        using (device)
        {
            var (expected, slope) = Evaluate(device, preset, height, width, 0, deepest);
            foreach (int side in sides)
            {
                var (losses, gradient) = Evaluate(device, preset, height, width, side, deepest);
                double error = GoldenTests.RelativeL2(gradient, slope);
                TestContext.Current.TestOutputHelper?.WriteLine($"blocks of {side}: gradient {error:g3}, total {losses.Total / expected.Total - 1:g3}");
                Assert.True(error <= tolerance, $"blocks of {side}: the gradient differs by {error:g3}");
                Assert.Equal(1, losses.Total / expected.Total, tolerance);
                Assert.Equal(1, losses.Content / expected.Content, tolerance);
                Assert.All(losses.StyleLayers.Zip(expected.StyleLayers), pair => Assert.Equal(1, pair.First / pair.Second, tolerance));
            }
        }
    }

    static (Losses, float[]) Evaluate(Device device, string preset, int height, int width, int blockSize, string deepest = "relu5_1", VggWeights? weights = null)
    {
        string[] layers = [.. ObjectiveSettings.FiveBlocks.TakeWhile(l => l != deepest), deepest];
        var settings = Presets.Find(preset).Objective with
        {
            ContentLayers = [new("relu2_1", 0.5), new(layers[^2], 1)],
            StyleLayers = [.. layers.Select(l => new LayerWeight(l, 1))],
            TvWeight = 0.1,
        };
        using var network = new FeatureNetwork(device, weights ?? OwnGolden.Narrow, settings.Pooling, settings.Deepest(), settings.PixelScale);
        Shape shape = new(3, height, width), styleShape = new(3, Math.Max(16, width - 20), Math.Max(16, height - 3));
        using var content = device.Allocate(shape, OwnGolden.Pixels(shape, 1));
        using var style = device.Allocate(styleShape, OwnGolden.Pixels(styleShape, 2));
        using var x = device.Allocate(shape, OwnGolden.Pixels(shape, 3));
        using var objective = new Objective(network, settings, content, [style], height, width, blockSize: blockSize);
        using var gradient = device.Allocate(shape);
        objective.Evaluate(x, gradient);
        return (objective.ReadLosses(), device.Download(gradient));
    }
}
