using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>Whole runs to a picture that tiles.</summary>
public sealed class TileRunTests
{
    /// <summary>
    /// Each has its blocks' margins from beyond the picture's edges. Only the order of sums differs, which ten iterations hardly spread.
    /// </summary>
    [Fact]
    public void Two_devices_paint_what_one_paints()
    {
        float[] Run(int devices)
        {
            using var group = new DeviceGroup([.. Enumerable.Range(0, devices).Select(_ => new SimdDevice(1, exact: true))]);
            var settings = Settings(OptimizerKind.Lbfgs, "relu1_1", "relu2_1");
            settings = settings with { Scales = 2, Shares = devices == 1 ? null : [1, 0.7], Init = InitKind.Noise };
            return new StyleTransfer(group, OwnGolden.Narrow, settings)
                .Run(new(64, 96, null, [Painting]), cancellation: TestContext.Current.CancellationToken).Rgb;
        }
        Assert.InRange(GoldenTests.RelativeL2(Run(2), Run(1)), 0, 1e-3);
    }

    static TransferSettings Settings(OptimizerKind kind, params string[] layers)
    {
        var settings = TransferSettings.Of(Presets.Find("gram"));
        return settings with
        {
            Objective = TileCase.Settings("Gram", layers) with { StyleBlend = null },
            Optimizer = settings.Optimizer with
            {
                Kind = kind,
                Iterations = 4,
                PackedHistory = false,
                Octaves = 4,
                AdamLearningRate = 5,
            },
            Init = InitKind.Picture,
        };
    }

    static PictureSource Painting { get; } = new(40, 50, (h, w) => TileCase.Pixels(h, w, 2));

    [Theory]
    [InlineData("relu5_1", 0, 240, 336, "80x64 176x128 336x240")]
    [InlineData("relu5_1", 0, 512, 512, "128x128 256x256 512x512")]
    [InlineData("relu2_1", 0, 150, 202, "102x76 202x150")]
    [InlineData("relu2_1", 4, 152, 200, "104x80 200x152 200x152")]
    [InlineData("relu1_2", 0, 151, 203, "102x76 203x151")]
    public void Each_size_tiles(string deepest, int polish, int height, int width, string expected)
    {
        var settings = Settings(OptimizerKind.Lbfgs, "relu1_1", deepest) with { Polish = polish, Sizes = new(CoarsestSide: 80) };
        Assert.Equal(expected, string.Join(' ', Pyramid.Levels(height, width, settings).Select(l => $"{l.Width}x{l.Height}")));
    }

    [Fact]
    public void A_size_that_does_not_tile_is_refused()
    {
        var settings = Settings(OptimizerKind.Lbfgs, "relu2_1") with { Polish = 1 };
        Assert.Contains("multiples of 8 px", Assert.Throws<RequestException>(() => Pyramid.Levels(148, 200, settings)).Message);
    }

    /// <summary>
    /// A run through two sizes, from a picture that begins elsewhere, gives the picture that begins elsewhere: nothing in it knows where an
    /// edge is, neither losses nor the optimizers' pyramids nor the enlargement. By half of the longer side, of which their coarsest level
    /// has two positions.
    /// </summary>
    [Theory]
    [InlineData(OptimizerKind.Lbfgs, 32, 64)]
    [InlineData(OptimizerKind.Lbfgs, 64, 32)]
    [InlineData(OptimizerKind.Adam, 32, 64)]
    [InlineData(OptimizerKind.Adam, 64, 32)]
    public void Where_the_picture_begins_does_not_matter(OptimizerKind kind, int height, int width)
    {
        double Error(bool tiles) => GoldenTests.RelativeL2(Run(tiles, moved: true), Moved(Run(tiles, moved: false), height, width));
        double tiled = Error(tiles: true), not = Error(tiles: false);
        TestContext.Current.TestOutputHelper?.WriteLine($"{tiled:g3}, and {not:g3} if the picture does not tile");
        Assert.InRange(tiled, 0, 1e-5); // float64, but for weights of enlargement in float32
        Assert.InRange(not, 1e-3, 1);

        static float[] Moved(float[] picture, int h, int w) => TileCase.Moved(picture, h, w, h > w ? h / 2 : 0, w > h ? w / 2 : 0);

        float[] Run(bool tiles, bool moved)
        {
            using var device = new ReferenceDevice();
            var init = new PictureSource(height, width, (h, w) => moved ? Moved(TileCase.Pixels(h, w), h, w) : TileCase.Pixels(h, w));
            var settings = Settings(kind, "relu1_1", "relu2_1");
            settings = settings with { Scales = 2, Objective = settings.Objective with { Tiles = tiles } };
            return new StyleTransfer(device, OwnGolden.Narrow, settings)
                .Run(new(height, width, null, [Painting], init), cancellation: TestContext.Current.CancellationToken).Rgb;
        }
    }
}
