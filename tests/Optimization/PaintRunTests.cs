using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>Whole runs of the preset <c>paint</c>, and of the pass over finished pictures.</summary>
[Trait("Takes", "long")]
public sealed class PaintRunTests
{
    const int Height = 48, Width = 64;

    static readonly TransferSettings Paint = Of("paint", 4);

    static TransferSettings Of(string preset, int iterations) => TransferSettings.Of(Presets.Find(preset)) is var settings
        ? settings with { Optimizer = settings.Optimizer with { Iterations = iterations } } : null!;

    static PictureSource Landscape { get; } = Source(ProceduralPictures.Landscape(Width, Height));

    static PictureSource Painting { get; } = Source(ProceduralPictures.Painting(Width, Height));

    static PictureSource Source(Picture picture) => new(picture.Height, picture.Width, (h, w) => PictureFile.Resize(picture, w, h).Rgb);

    static TransferPictures Pictures(PictureSource? content = null, PictureSource? style = null, Guidance? guidance = null) =>
        new(Height, Width, content ?? Landscape, [style ?? Painting], Guidance: guidance);

    static PictureSource Flat(int height, int width, float red, float green, float blue) => new(height, width, (h, w) =>
        [.. new[] { red, green, blue }.SelectMany(v => Enumerable.Repeat(v, h * w))]);

    static (TransferResult Result, List<Iterate> Iterates) Run(TransferSettings settings, TransferPictures pictures, CancellationTokenSource? stop = null, int stopAfter = 0)
    {
        using var device = new SimdDevice(1);
        var iterates = new List<Iterate>();
        var result = new StyleTransfer(device, OwnGolden.Weights, settings).Run(pictures, iterate =>
        {
            iterates.Add(iterate);
            if (iterates.Count == stopAfter) stop!.Cancel();
        }, stop?.Token ?? TestContext.Current.CancellationToken);
        _ = result.Rgb; // while its device is there
        return (result, iterates);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_gives_others()
    {
        TransferSettings Seeded(int seed) => Paint with { Objective = Paint.Objective with { SampleSeed = seed, Samples = 7 } };
        float[] one = Run(Seeded(1), Pictures()).Result.Rgb;
        Assert.Equal(one, Run(Seeded(1), Pictures()).Result.Rgb);
        Assert.NotEqual(one, Run(Seeded(2), Pictures()).Result.Rgb);
    }

    [Fact]
    public void Losses_fall()
    {
        var (_, iterates) = Run(Paint with { Scales = 1, Optimizer = Paint.Optimizer with { Iterations = 20 } }, Pictures());
        Assert.True(iterates[^1].Closing);
        Assert.True(iterates[^1].Losses.Total < 0.9 * iterates[0].Losses.Total, $"from {iterates[0].Losses.Total} to {iterates[^1].Losses.Total}");
        Assert.InRange(iterates[0].Losses.Content, -1e-6, 1e-6); // the photograph itself
    }

    /// <summary>What has no features, or hardly any, is no reason for a picture that is no picture.</summary>
    [Theory]
    [InlineData("flat content")]
    [InlineData("flat style")]
    [InlineData("flat both")]
    [InlineData("black style")]
    [InlineData("tiny style")]
    [InlineData("region of one pixel")]
    [InlineData("speck in a soft mask")]
    [InlineData("same")]
    public void Poor_pictures_come_out_sane(string name)
    {
        PictureSource flat = Flat(Height, Width, 200, 120, 40), grey = Flat(Height, Width, 90, 90, 90), black = Flat(Height, Width, 0, 0, 0);
        static MaskSource Mask(Func<int, int, bool> inside) => new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => inside(i / w, i % w) ? 1f : 0)]);
        var pictures = name switch
        {
            "flat content" => Pictures(flat),
            "flat style" => Pictures(style: flat),
            "flat both" => Pictures(grey, flat),
            "black style" => Pictures(style: black),
            "tiny style" => Pictures(style: Source(ProceduralPictures.Painting(16, 16))),
            "same" => Pictures(style: Landscape),
            "speck in a soft mask" => Pictures(guidance: new(
            [
                new("all", new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i == h / 2 * w + w / 2 ? 1f : 0.3f)]), [new(0, 1)]),
            ])),
            _ => Pictures(guidance: new(
            [
                new("dot", Mask((y, x) => y == 20 && x == 30), [new(0, 1)]),
                new("rest", Mask((y, x) => y != 20 || x != 30), [new(0, 1)]),
            ])),
        };
        // The first layer alone has no rim: all of the picture's positions are their own neighbors.
        LayerWeight[] first = [new("relu1_1", 1)];
        var (result, iterates) = Run(name switch
        {
            "same" => Paint with { Scales = 1, Objective = Paint.Objective with { StyleLayers = first, ContentLayers = first } },
            // Most grids have none of the positions that stand for the region.
            "speck in a soft mask" => Paint with { Objective = Paint.Objective with { Samples = 7 } },
            _ => Paint,
        }, pictures);
        Assert.Equal(Outcome.Completed, result.Outcome);
        Assert.All(result.Rgb, v => Assert.InRange(v, 0, 255));
        Assert.All(iterates, i => Assert.True(double.IsFinite(i.Losses.Total) && i.Losses.Total >= -1e-4, $"a total of {i.Losses.Total}"));
        // A picture that is its own painting stays what it is.
        if (name == "same") Assert.InRange(iterates[^1].Losses.Total, -1e-4, 1e-3);
    }

    /// <summary>The pass comes after the last size, at its size, with losses of its own, and changes the picture.</summary>
    [Fact]
    public void Finished_pictures_are_polished()
    {
        var gram = Of("gram", 3) with { Scales = 2 };
        var (plain, _) = Run(gram, Pictures());
        var (polished, iterates) = Run(gram with { Polish = 5 }, Pictures());
        Assert.Equal([1, 2, 3], iterates.Where(i => i.Closing).Select(i => i.Scale));
        var pass = iterates.Where(i => i.Scale == 3).ToList();
        Assert.Equal(5, pass.Count(i => !i.Closing));
        Assert.All(pass, i => Assert.Equal((Width, Height), (i.Width, i.Height)));
        Assert.InRange(pass[0].Losses.Style, 0, 12); // cosines of four layers, once and twice
        Assert.True(pass[^1].Losses.Total < pass[0].Losses.Total);
        Assert.NotEqual(plain.Rgb, polished.Rgb);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(9, 2)]
    [InlineData(14, 3)]
    public void An_interrupted_run_ends_with_the_losses_of_what_it_was_doing(int after, int scale)
    {
        using var stop = new CancellationTokenSource();
        // Five iterations and a closing line, then three, then the pass.
        var (result, iterates) = Run(Of("gram", 3) with { Scales = 2, Polish = 5 }, Pictures(), stop, after);
        Assert.Equal(Outcome.Cancelled, result.Outcome);
        Assert.Equal((Width, Height), (result.Width, result.Height));
        Assert.True(iterates[^1].Closing);
        Assert.Equal(scale, iterates[^1].Scale);
        // Gram matrices' losses are those of a scale in which cosines are not.
        Assert.Equal(scale == 3, iterates[^1].Losses.Style <= 12);
    }
}
