using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Optimization;

/// <summary>
/// Half precision with everything else that a run can be given: each value of <see cref="Cli.CombinationTests"/>' other choices once, on emulated tensor cores, which no command line
/// offers. Runs in float32 beside them say what is right.
/// </summary>
[Trait("Needs", "OpenCL")]
[Trait("Takes", "long")]
[Collection("OpenCL")]
public sealed class HalfPrecisionRunTests
{
    static readonly MaskSource Left = new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i % w < w / 2 ? 1f : 0f)]), Right = new((h, w) => [.. Left.AtSize(h, w).Select(v => 1 - v)]);

    [Theory]
    [InlineData(true, 2, ColourKind.None, StyleLossKind.Wasserstein, 16, 2, OptimizerKind.Lbfgs)]
    [InlineData(false, 1, ColourKind.Luminance, StyleLossKind.GramMoments, 0, 1, OptimizerKind.Adam)]
    [InlineData(false, 2, ColourKind.Covariance, StyleLossKind.Gram, 0, 2, OptimizerKind.Lbfgs)]
    [InlineData(true, 2, ColourKind.None, StyleLossKind.Neighbors, 16, 2, OptimizerKind.Adam)]
    public void Gives_what_float32_gives(bool masks, int styles, ColourKind colour, StyleLossKind loss, int blockSize, int scales, OptimizerKind optimizer)
    {
        using var half = TensorCoreOperationTests.Open(Precision.Fp16);
        Assert.SkipWhen(half is null, OpenClOperationTests.Absent);
        using SimdDevice single = new(1);
        var preset = TransferSettings.Of(Presets.Find("gram"));
        var settings = preset with
        {
            Objective = preset.Objective with { ContentLayers = [new("relu2_1", 1)], StyleLayers = [new("relu1_1", 1), new("relu1_2", 1)], StyleLoss = loss },
            Optimizer = preset.Optimizer with { Kind = optimizer, AdamLearningRate = 1, Iterations = 3, Preconditioned = false },
            BlockSize = blockSize,
            Scales = scales,
        };
        var pictures = Pictures(masks, styles, new(colour, colour == ColourKind.Luminance ? ColourSpace.Yiq : ColourSpace.Rgb, CovarianceRoot.Pca));
        (double[] Totals, float[] Rgb) Run(Device device)
        {
            var totals = new List<double>();
            using var result = new StyleTransfer(device, OwnGolden.Narrow, settings).Run(pictures, i => totals.Add(i.Losses.Total), TestContext.Current.CancellationToken);
            return ([.. totals], result.Rgb);
        }
        var (expected, right) = Run(single);
        var (totals, rgb) = Run(half);
        double off = Distance(rgb, right), way = Distance(right, Content.Rgb);
        TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join(' ', totals.Zip(expected, (t, e) => $"{t / e - 1:e1}"))}; {off:f3} of {way:f1} levels");
        Assert.Equal(expected.Length, totals.Length);
        // Of the same picture; later ones differ by the gradients' ReLU masks that flip.
        Assert.Equal(1, totals[0] / expected[0], 1e-3);
        Assert.All(totals.Zip(expected), t => Assert.Equal(1, t.First / t.Second, 0.02));
        Assert.InRange(off, 0, 0.1 * way);
        Assert.True(totals[^1] < 0.95 * totals[^3], $"the loss went from {totals[^3]:g4} to {totals[^1]:g4}");
    }

    static Picture Content => ProceduralPictures.Landscape(48, 36);

    static double Distance(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Average();

    static TransferPictures Pictures(bool masks, int count, ContentColours colours)
    {
        var content = Content;
        Picture[] styles = [.. new[] { ProceduralPictures.Painting(40, 40), ProceduralPictures.Mosaic(36, 44) }.Take(count)];
        var maps = colours.OfStyles(space => ColourStatistics.Of(content, space), styles.Select(s => (Func<ColourSpace, ColourStatistics>)(space => ColourStatistics.Of(s, space))));
        return new(content.Height, content.Width, Source(content, colours.OfContent()), [.. styles.Zip(maps, Source)],
            Guidance: masks ? new([new("left", Left, [new(0, 1)]), new("right", Right, [new(count - 1, 1)])]) : null);

        static PictureSource Source(Picture picture, ColourMap? map)
        {
            var seen = map?.Of(picture) ?? picture;
            return new(seen.Height, seen.Width, (height, width) => PictureFile.Resize(seen, width, height).Rgb);
        }
    }
}
