using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>How the preset <c>nnst</c> puts its parts together.</summary>
public sealed class NnstRunTests
{
    static TransferSettings Preset => TransferSettings.Of(Presets.Find("nnst"));

    [Theory]
    [InlineData(384, 512, "64x48:200 128x96:200 256x192:200 512x384:200 512x384:200+")]
    [InlineData(90, 120, "30x22:200 60x45:200 120x90:200 120x90:200+")]
    [InlineData(24, 30, "30x24:200 30x24:200+")]
    public void Sizes_are_halves_as_many_as_the_picture_allows(int height, int width, string expected) => Assert.Equal(expected,
        string.Join(' ', Pyramid.Levels(height, width, Preset).Select(l => $"{l.Width}x{l.Height}:{l.Iterations}{(l.Polish ? "+" : "")}")));

    [Fact]
    public void Without_a_painting_there_is_no_last_pass() => Assert.DoesNotContain(
        Pyramid.Levels(384, 512, Preset with { Objective = Preset.Objective with { StyleLayers = [] } }), level => level.Polish);

    [Fact]
    public void Fewer_scales_than_are_asked_for_are_taken_only_if_they_will_do() =>
        Assert.Throws<RequestException>(() => Pyramid.Levels(90, 120, Preset with { FewerScales = false }));

    /// <summary>
    /// The last pass looks at each layer by itself, not from the painting's side, at nothing else, and takes the same steps.
    /// </summary>
    [Fact]
    public void The_last_pass_is_feature_splitting()
    {
        var settings = Preset;
        var last = settings.At(Pyramid.Levels(384, 512, settings)[^1]);
        var objective = last.Objective;
        Assert.Equal((StyleLossKind.Neighbors, StyleTurns.Rotations, 64), (objective.StyleLoss, objective.Turns, objective.Samples));
        Assert.Equal((1.0, 0.0, 0.0, 0.0), (objective.StyleWeight, objective.Cover, objective.ColorWeight, objective.TvWeight));
        Assert.Empty(objective.ContentLayers);
        Assert.Equal(settings.Objective.StyleLayers, objective.StyleLayers);
        Assert.Equal(10, objective.StyleLayers.Count);
        Assert.Equal(settings.Optimizer, last.Optimizer);
    }

    /// <summary>
    /// What is sought is the photograph and, by the rest, what the picture differs from its smooth form, and at the first size the
    /// photograph alone; without one it is the picture itself.
    /// </summary>
    [Fact]
    public void The_picture_whose_neighbors_are_sought()
    {
        using var device = new ReferenceDevice();
        var level = new PyramidLevel(20, 26, 2, 1);
        Shape shape = new(3, level.Height, level.Width);
        float[] content = OwnGolden.Pixels(shape, 1), other = OwnGolden.Pixels(shape, 2);
        using Tensor photograph = device.Allocate(shape, content), half = device.Allocate(new(3, 10, 13));
        using Tensor picture = device.Allocate(shape), difference = device.Allocate(shape, other);
        device.Resampling.Resize(photograph, half);
        device.Resampling.Resize(half, picture);
        device.Vectors.Combine([picture, difference], [1, 1], picture);
        var sought = new SoughtPicture(device, Preset, Pictures(content, 40, 52));
        Assert.Null(sought.At(level, picture, first: true));
        Assert.Null(sought.At(level with { Polish = true }, picture, first: false));
        float[] found = sought.At(level, picture, first: false)!.Source.AtSize(20, 26);
        Assert.Equal(content.Zip(other, (c, d) => c + 0.25f * d), found, (a, b) => Math.Abs(a - b) < 1e-3);
        var without = new SoughtPicture(device, Preset, Pictures(null, 40, 52));
        Assert.Equal(device.Download(picture), without.At(level, picture, first: true)!.Source.AtSize(20, 26));
    }

    /// <summary>
    /// Sizes at which the program's picture begins with the photograph's details: an eighth, or a quarter of a large picture.
    /// </summary>
    [Theory]
    [InlineData(8, 160, true)]
    [InlineData(4, 80, false)]
    [InlineData(4, 1024, true)]
    [InlineData(2, 1024, false)]
    public void Coarse_sizes_begin_with_details(double divisor, int side, bool detailed)
    {
        using var device = new ReferenceDevice();
        var level = new PyramidLevel(20, 26, divisor, 1);
        Shape shape = new(3, level.Height, level.Width);
        float[] content = OwnGolden.Pixels(shape, 1);
        using Tensor photograph = device.Allocate(shape, content), half = device.Allocate(new(3, 10, 13)), picture = device.Allocate(shape);
        device.Resampling.Resize(photograph, half);
        device.Resampling.Resize(half, picture);
        float[] smooth = device.Download(picture);
        var sought = new SoughtPicture(device, Preset, Pictures(content, side, side));
        sought.AddDetails(level, picture);
        Assert.Equal(detailed ? content : smooth, device.Download(picture), (a, b) => Math.Abs(a - b) < 1e-3);
        if (!detailed) return;
        float[] found = sought.At(level, picture, first: false)!.Source.AtSize(20, 26);
        Assert.Equal(content, found, (a, b) => Math.Abs(a - b) < 1e-3);
    }

    /// <summary>Both passes of a short run lower what they minimize, and what is foretold of its memory is what it takes.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(48)]
    public void A_short_run(int blockSize)
    {
        const int Height = 64, Width = 80, Iterations = 5;
        var settings = Preset with { Scales = 2, BlockSize = blockSize, Polish = Iterations };
        settings = settings with
        {
            Objective = settings.Objective with
            {
                StyleLayers = [new("relu1_1", 1), new("relu2_1", 1), new("relu3_1", 1)],
                ContentLayers = [new("relu2_1", 1)],
            },
            Optimizer = settings.Optimizer with { AdamLearningRate = 4, Iterations = Iterations },
        };
        var plan = RunPlan.Memory(new(new SimdDevice(1)), OwnGolden.Narrow, settings, Height, Width, [(60, 72)]).Devices.Single();
        using var device = new SimdDevice(1);
        var losses = new List<Losses>();
        var painting = new PictureSource(60, 72, (h, w) => OwnGolden.Pixels(new(3, h, w), 2));
        var pictures = Pictures(OwnGolden.Pixels(new(3, Height, Width), 1), Height, Width) with { Styles = [painting] };
        var result = new StyleTransfer(device, OwnGolden.Narrow, settings).Run(pictures, Count, TestContext.Current.CancellationToken);
        Assert.Equal(Outcome.Completed, result.Outcome);
        Assert.Equal(3 * Iterations, losses.Count);
        Assert.All(losses, l => Assert.Equal(l.Style, l.Total, 1e-9));
        foreach (var size in losses.Chunk(Iterations)) Assert.InRange(size[^1].Total / size[0].Total, 0.2, 0.98);
        Assert.All(losses.Take(2 * Iterations), l => Assert.Equal(l.StyleLayers[0], l.StyleLayers[2]));
        Assert.All(losses.Skip(2 * Iterations), l => Assert.NotEqual(l.StyleLayers[0], l.StyleLayers[2]));
        double ratio = (plan.PeakBytes - plan.WeightBytes) / (double)(device.PeakBytes - plan.WeightBytes);
        string totals = string.Join(' ', losses.Select(l => $"{l.Total:g4}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{totals}; memory foretold {ratio:g4}");
        Assert.InRange(ratio, 0.9, 1.1);

        void Count(Iterate iterate)
        {
            if (!iterate.Closing) losses.Add(iterate.Losses);
        }
    }

    [Theory]
    [InlineData(90, 211, 0)]
    [InlineData(190, 100, 50)]
    public void Several_devices_find_what_one_finds(int height, int width, int blockSize)
    {
        LayerWeight[] layers = [new("relu1_2", 1), new("relu2_1", 2), new("relu3_1", 1)];
        var settings = Preset.Objective with { ContentLayers = [], StyleLayers = layers };
        (Losses, float[]) Evaluate(DeviceGroup devices, double[] shares, int blockSize)
        {
            TargetPicture Picture(int height, int width, uint stream) =>
                new(new(height, width, (h, w) => OwnGolden.Pixels(new(3, h, w), stream)));
            using var networks = new NetworkGroup(devices, OwnGolden.Narrow, settings, shares);
            // One painting is so small that not every device has a band of it.
            TargetPicture[] paintings = [Picture(16, 18, 2), Picture(60, 80, 4)];
            using var objective = networks.Objective(null, paintings, height, width, blockSize: blockSize, sought: Picture(height, width, 1));
            using var x = Picture(height, width, 3).Source.Upload(networks.Home, height, width);
            using var gradient = networks.Home.Allocate(x.Shape);
            objective.Evaluate(x, gradient);
            return (objective.ReadLosses(), networks.Home.Download(gradient));
        }
        using DeviceGroup alone = new(new SimdDevice(1, exact: true));
        using DeviceGroup both = new([new SimdDevice(1, exact: true), new SimdDevice(1, exact: true)]);
        var (expected, slope) = Evaluate(alone, [1], 0);
        var (losses, gradient) = Evaluate(both, [1, 0.8], blockSize);
        Assert.InRange(GoldenTests.RelativeL2(gradient, slope), 0, 1e-5);
        Assert.Equal(1, losses.Total / expected.Total, 1e-6);
    }

    static TransferPictures Pictures(float[]? content, int height, int width) =>
        new(height, width, content is null ? null : new(height, width, (h, w) => Same(content, h, w) ? content : OwnGolden.Pixels(new(3, h, w), 1)), []);

    static bool Same(float[] picture, int height, int width) => picture.Length == 3 * height * width;
}
