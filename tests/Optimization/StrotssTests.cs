using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>
/// What the preset of STROTSS needs beside its losses: RMSprop, weights that change from size to size, pixels that are dealt out, and what
/// it starts from.
/// </summary>
[Trait("Takes", "long")]
public sealed class StrotssTests
{
    static readonly Preset Preset = Presets.Find("strotss");

    /// <summary>
    /// 64 px and its doubles, as many iterations at each; content counts half as much from one to the next, colors as its inverse, and the
    /// last rate is half of the others.
    /// </summary>
    [Fact]
    public void Weights_and_rates_change_with_the_sizes()
    {
        var settings = TransferSettings.Of(Preset);
        var levels = Pyramid.Levels(384, 512, settings);
        Assert.Equal(["64x48:250", "128x96:250", "256x192:250", "512x384:250"], levels.Select(l => $"{l.Width}x{l.Height}:{l.Iterations}"));
        Assert.Equal([16, 8, 4, 2], levels.Select(l => settings.At(l).Objective.ContentWeight));
        Assert.Equal([1 / 16.0, 1 / 8.0, 1 / 4.0, 1 / 2.0], levels.Select(l => settings.At(l).Objective.ColorWeight));
        Assert.Equal([0.51, 0.51, 0.51, 0.255], levels.Select(l => settings.At(l).Optimizer.AdamLearningRate));
        Assert.Equal(1, settings.At(Pyramid.Levels(2048, 2048, settings)[^1]).Objective.ColorWeight);
        var usual = TransferSettings.Of(Presets.Find("paint"));
        Assert.All(Pyramid.Levels(384, 512, usual), l => Assert.Equal(usual, usual.At(l)));
    }

    /// <summary>
    /// Against the formula, pixel by pixel, in three steps of one octave: v = 0.99 v + 0.01 g^2, x -= rate g / (sqrt(v) + 1e-8 / 255).
    /// </summary>
    [Fact]
    public void RMSprop_is_that_of_the_program()
    {
        using var device = new ReferenceDevice();
        using var x = device.Allocate(new(3, 2, 3), [.. Enumerable.Range(0, 18).Select(i => 10f * i)]);
        using var objective = new Quadratic(device, x.Shape);
        using var optimizer = new Adam(objective, x, new() { Kind = OptimizerKind.RmsProp, AdamLearningRate = 0.5 }, 3);
        double[] expected = x.Values().ToArray(), moments = new double[18];
        for (int step = 0; step < 3; step++)
        {
            optimizer.Step();
            for (int i = 0; i < 18; i++)
            {
                double g = Quadratic.Slope(expected[i], i);
                moments[i] = 0.99 * moments[i] + 0.01 * g * g;
                expected[i] -= 0.5 * g / (Math.Sqrt(moments[i]) + 1e-8 / 255);
            }
        }
        Assert.Equal(expected, x.Values().ToArray(), (a, b) => Math.Abs(a - b) <= 1e-12 * Math.Abs(b));
        Assert.NotEqual(10, expected[1], 1.0);
    }

    /// <summary>Each of a grid's pixels is in one set at most, sets are of one size, and a region has pixels of its own alone.</summary>
    [Theory]
    [InlineData(300, 200, 16, 16)]
    [InlineData(130, 128, 32, 16)]
    [InlineData(40, 30, 32, 1)]
    [InlineData(6, 5, 32, 1)]
    public void Pixels_are_dealt_into_sets(int height, int width, int side, int sets)
    {
        var all = PixelSets.OfPicture(height, width, null, side, 3);
        Assert.Equal(Math.Min(sets, PixelSets.Most), all.Count);
        Assert.All(all, set => Assert.Equal(Math.Min(side * side, height * width), set.Length));
        Assert.Equal(all.Sum(s => s.Length), all.SelectMany(s => s).Distinct().Count());
        Assert.NotEqual(all[0], PixelSets.OfPicture(height, width, null, side, 4)[0]);
        var (pixels, most) = PixelSets.Count(height, width, side);
        Assert.Equal((all[0].Length, all.Count), (pixels, most));
        float[] mask = [.. Enumerable.Range(0, height * width).Select(i => i % width < 2 ? 0.8f : 0.3f)];
        Assert.All(PixelSets.OfPicture(height, width, mask, side, 3).SelectMany(s => s), p => Assert.InRange(p.X, 0, 1));
        Assert.All(PixelSets.OfPainting(height, width, mask, 10, 3), p => Assert.InRange(p.X, 0, 1));
        Assert.Empty(PixelSets.OfPicture(height, width, new float[height * width], side, 3));
    }

    /// <summary>
    /// A flat content has no details: what is started from is the styles' mean color. One with details has them around it.
    /// </summary>
    [Fact]
    public void It_starts_from_details_around_the_mean_color()
    {
        using var device = new SimdDevice(1);
        Shape shape = new(3, 24, 36);
        var level = new PyramidLevel(24, 36, 2, 10);
        float[] style = OwnGolden.Pixels(shape, 2);
        double[] means = [.. Enumerable.Range(0, 3).Select(c => style.Skip(c * 864).Take(864).Average(v => (double)v))];
        PictureSource Source(float[] pixels) => new(48, 72, (_, _) => pixels);
        float[] Start(float[] content)
        {
            using var picture = InitialDetails.Around(device, new(48, 72, Source(content), [Source(style)]), level);
            return device.Download(picture);
        }
        Assert.All(Start([.. Enumerable.Repeat(90f, 2592)]).Select((v, i) => v - means[i / 864]), v => Assert.Equal(0, v, 1e-2));
        float[] content = OwnGolden.Pixels(shape, 1), start = Start(content);
        double[] details = [.. start.Select((v, i) => v - means[i / 864])];
        Assert.True(details.Max() > 5);
        Assert.All(Enumerable.Range(0, 3), c => Assert.InRange(details.Skip(c * 864).Take(864).Average(), -1, 1));
    }

    /// <summary>
    /// A whole run of the preset, with layers that the test's weights have, lowers its loss at each size, whose weights its total has, and
    /// gives the same picture again.
    /// </summary>
    [Fact]
    public void A_run_lowers_the_loss()
    {
        var layers = Preset.Objective.StyleLayers.Take(5).ToList();
        var settings = TransferSettings.Of(Preset) with
        {
            Objective = Preset.Objective with
            {
                StyleLayers = layers,
                ContentLayers = layers
            },
            Optimizer = Preset.Optimizer with { Iterations = 8 }
        };
        Shape shape = new(3, 96, 128);
        PictureSource Source(uint seed) => new(96, 128, (h, w) => OwnGolden.Pixels(new(3, h, w), seed));
        (float[] Picture, List<(int Size, Losses Losses)> Losses) Run()
        {
            using var device = new SimdDevice(1);
            var losses = new List<(int, Losses)>();
            using var result = new StyleTransfer(device, OwnGolden.Weights, settings).Run(new(96, 128, Source(1), [Source(2)]), i
                => losses.Add((i.Scale, i.Losses)), TestContext.Current.CancellationToken);
            return (result.Rgb, losses);
        }
        var (picture, losses) = Run();
        Assert.Equal(2, losses.Max(l => l.Size));
        var levels = Pyramid.Levels(96, 128, settings);
        foreach (var size in losses.GroupBy(l => l.Size))
        {
            Losses first = size.First().Losses, last = size.Last().Losses;
            Assert.True(last.Total < first.Total, $"size {size.Key}: {first.Total} to {last.Total}");
            var weights = settings.At(levels[size.Key - 1]).Objective;
            Assert.Equal(weights.ContentWeight * last.Content + last.Style + weights.ColorWeight * last.Color, last.Total, 1e-6 * last.Total);
        }
        Assert.Equal(picture, Run().Picture);
    }

    /// <summary>The sum of (x - i)^4 / 1000 over the values.</summary>
    sealed class Quadratic(Device device, Shape picture) : IObjective
    {
        public static double Slope(double x, int i) => 4e-3 * Math.Pow(x - i, 3);

        public Scalars Sums { get; } = device.AllocateScalars(1);

        public int FirstExtraSum => 1;

        public double PixelScale => 1;

        public Shape Picture => picture;

        public Device Device => device;

        public IReadOnlyList<string> Notes => [];

        public void Evaluate(Tensor x, Tensor gradient)
        {
            for (int i = 0; i < gradient.Values().Length; i++) gradient.Values()[i] = Slope(x.Values()[i], i);
        }

        public Losses Losses(ReadOnlySpan<double> sums) => new(1, 0, [], 0, [], 0);

        public int Evaluations { get; set; }

        public Tensor Shown(Tensor picture) => picture;

        public void Dispose() => Sums.Dispose();
    }
}
