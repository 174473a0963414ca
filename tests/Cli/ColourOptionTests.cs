using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Whose colours a result has.</summary>
[Trait("Needs", "processes")]
public sealed class ColourOptionTests : CliTest
{
    public ColourOptionTests()
    {
        // Of the middle of the range: where nothing is clamped colours come back as they were.
        PictureFile.Save(folder["content.png"], Patterns.Fill(48, 36, (x, y) => (140 + 30 * MathF.Sin(x * 0.2f), 120 + y, 100 - x * 0.5f)));
        PictureFile.Save(folder["style.png"], Patterns.Fill(40, 40, (x, y) => (60 + x + 20 * (y % 5), 80 + 2 * y, 170 - 3 * x + 15 * (y % 3))));
        PictureFile.Save(folder["two.png"], Patterns.Fill(36, 44, (x, y) => (90 + 2 * x, 150 - x + 9 * (x % 4), 60 + 2 * y)));
    }

    static string[] Objective => ["--preset", "gram", "--size", "0", "--style-size", "0", "--device", "cpu", "--weights", TestWeights.Shallow, "--content-layers", "relu2_1", "--style-layers", "relu1_1,relu2_1", "--json"];

    (double Total, double[] Style) Losses(string image, string content, string[] styles, params string[] more)
    {
        var losses = JsonDocument.Parse(Run(["evaluate", image, "--content", content, .. styles.SelectMany(s => new[] { "--style", s }), .. Objective, .. more]).Line()).RootElement;
        return (losses.GetProperty("total").GetDouble(), [.. losses.GetProperty("style").EnumerateArray().Select(v => v.GetDouble())]);
    }

    /// <summary>The options give what pictures give whose colours were changed before, each style by itself; in 16 bits these are off by 2e-5 of white.</summary>
    [Theory]
    [InlineData("covariance", null, null)]
    [InlineData("covariance", "linear", "cholesky")]
    [InlineData("histogram", "yuv", null)]
    [InlineData("luminance", null, null)]
    public void The_run_sees_pictures_in_other_colours(string kind, string? space, string? root)
    {
        string[] options = ["--color", kind, .. space is null ? [] : new[] { "--color-space", space }, .. root is null ? [] : new[] { "--color-root", root }];
        var where = space switch { "lab" => ColourSpace.Lab, "yuv" => ColourSpace.Yuv, "linear" => ColourSpace.LinearRgb, _ => kind == "luminance" ? ColourSpace.Yiq : ColourSpace.Rgb };
        var content = PictureFile.Load(folder["content.png"]);
        var wanted = ColourStatistics.Of(content, where);
        foreach (string name in new[] { "style", "two" })
        {
            var style = PictureFile.Load(folder[name + ".png"]);
            var own = ColourStatistics.Of(style, where);
            var map = kind switch
            {
                "luminance" => ColourTransfer.Luminance(own, wanted),
                "histogram" => ColourTransfer.Histogram(own, wanted),
                _ => ColourTransfer.Covariance(own, wanted, root switch { "symmetric" => CovarianceRoot.Symmetric, "cholesky" => CovarianceRoot.Cholesky, _ => CovarianceRoot.Pca }),
            };
            PictureFile.Save(folder[name + "2.tif"], map.Of(style), new() { Bits = 16 });
        }
        PictureFile.Save(folder["content2.tif"], kind == "luminance" ? ColourTransfer.Luminance(where).Of(content) : content, new() { Bits = 16 });
        var expected = Losses("content2.tif", "content2.tif", ["style2.tif", "two2.tif"]);
        var (total, layers) = Losses("content.png", "content.png", ["style.png", "two.png"], options);
        Assert.Equal(1, total / expected.Total, 1e-3);
        Assert.All(layers.Zip(expected.Style), pair => Assert.Equal(1, pair.First / pair.Second, 1e-3));
        Assert.True(Math.Abs(total / Losses("content.png", "content.png", ["style.png", "two.png"]).Total - 1) > 0.02, "the option changes nothing");
    }

    /// <summary>The run does not know: what is saved takes colors afterwards, of all styles by their shares.</summary>
    [Fact]
    public void Colors_of_nnst_are_those_of_the_saved_picture()
    {
        string[] styles = ["style.png", "two.png"], options = ["--style-blend", "0.7,0.3", "--bits", "16", "--iterations", "2", "--scales", "1", "-o"];
        Assert.Equal(0, Run(["transfer", "content.png", .. styles, .. Objective, .. options, "plain.tif"]).Code);
        Assert.Equal(0, Run(["transfer", "content.png", .. styles, .. Objective, .. options, "colored.tif", "--color", "nnst"]).Code);
        float[] expected = PictureFile.Load(folder["plain.tif"]).Rgb, plain = [.. expected], colored = PictureFile.Load(folder["colored.tif"]).Rgb;
        NnstColours.Apply(expected, PictureFile.Load(folder["content.png"]).Rgb, 48, [(PictureFile.Load(folder["style.png"]).Rgb, 0.7), (PictureFile.Load(folder["two.png"]).Rgb, 0.3)]);
        Assert.All(expected.Zip(colored), pair => Assert.Equal(pair.First, pair.Second, 0.05));
        Assert.True(expected.Zip(plain, (a, b) => Math.Abs(a - b)).Average() > 2, "the option changes nothing");
    }

    /// <summary>The result and the pictures on the way, at their sizes; where the content's pixels are kept they are the same to the last bit.</summary>
    [Theory]
    [InlineData("yiq")]
    [InlineData("lab")]
    public void Luminance_of_the_run_and_colours_of_the_content(string space)
    {
        PictureFile.Save(folder["mask.png"], Patterns.Fill(48, 36, (x, _) => x < 40 ? (255, 255, 255) : (0, 0, 0)));
        var outcome = Transfer("--color", "luminance", "--color-space", space, "--scales", "2", "--iterations", "3", "--save-every", "3", "--content-mask", "mask.png", "--mask-keep", "black");
        Assert.Equal(0, outcome.Code);
        var content = PictureFile.Load(folder["content.png"]);
        var where = space == "lab" ? ColourSpace.Lab : ColourSpace.Yiq;
        foreach (string name in new[] { "out.png", "out-0003.png" })
        {
            var result = PictureFile.Load(folder[name]);
            var colours = PictureFile.Resize(content, result.Width, result.Height);
            double changed = 0, off = 0;
            for (int i = 0; i < result.Pixels; i++)
            {
                var (now, was) = (result.Colour(i, where), colours.Colour(i, where));
                changed += Math.Abs(now.A - was.A) / result.Pixels;
                off += (Math.Abs(now.B - was.B) + Math.Abs(now.C - was.C)) / result.Pixels;
            }
            Assert.Equal(name == "out.png" ? 48 : 24, result.Width);
            Assert.True(changed > 0.5, $"{name}: luminance has changed by {changed:g3} alone");
            // Rounding to whole levels, and a few pixels that are clamped.
            Assert.True(off < 1.5, $"{name}: colours are off by {off:g3}");
        }
        var painted = PictureFile.Load(folder["out.png"]);
        for (int i = 0; i < painted.Rgb.Length; i++)
            if (i % 48 >= 40) Assert.Equal(content.Rgb[i], painted.Rgb[i]);
        Assert.Equal("luminance", JsonDocument.Parse(PictureFile.ReadSettings(folder["out.png"])!).RootElement.GetProperty("options").GetProperty("color").GetString());
    }

    /// <summary>
    /// At the finer size the first losses are those of the coarser result, enlarged, in the style's histograms: a blend's of 1 to 0 are the first style's alone.
    /// </summary>
    [Fact]
    public void Histograms_are_matched_between_scales()
    {
        string[] FirstOfFiner(params string[] more)
        {
            int code = Run(["transfer", "content.png", "style.png", "two.png", .. Options(["--scales", "2", "--iterations", "2", "--trace", "t.jsonl", "--style-blend", "1,0", "--preconditioner", "none", .. more])]).Code;
            Assert.Equal(0, code);
            return [.. File.ReadLines(folder["t.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement).Select(t => $"{t.GetProperty("scale")} {t.GetProperty("total")}")];
        }
        string[] plain = FirstOfFiner(), matched = FirstOfFiner("--between-scales", "histogram");
        int coarse = plain.Count(l => l.StartsWith('1'));
        Assert.Equal(plain[..coarse], matched[..coarse]);
        Assert.NotEqual(plain[coarse], matched[coarse]);
        // With a single iteration the picture hardly moves away from where it begins.
        Run(["transfer", "content.png", "style.png", "two.png", .. Options("--scales", "2", "--iterations", "1", "--style-blend", "1,0", "--learning-rate", "1e-6", "--optimizer", "adam", "--between-scales", "histogram")]).Line();
        float[] Quantiles(string file)
        {
            var picture = PictureFile.Load(folder[file]);
            return [.. Enumerable.Range(0, 3).SelectMany(c => Enumerable.Range(1, 19).Select(i => picture.Rgb.Skip(c * picture.Pixels).Take(picture.Pixels).Order().ElementAt(i * picture.Pixels / 20)))];
        }
        // Equal levels of the enlarged picture stay equal, and a twentieth of either is not a whole number of pixels.
        Assert.True(Patterns.MeanDifference(Quantiles("style.png"), Quantiles("out.png")) < 2);
        Assert.True(Patterns.MeanDifference(Quantiles("content.png"), Quantiles("out.png")) > 10);
    }

    [Fact]
    public void What_does_not_go_together()
    {
        TransferRefused(["--color", "grey"], "--color 'grey'", "none, luminance, histogram, covariance");
        TransferRefused(["--color", "covariance", "--color-space", "hsv"], "--color-space 'hsv'", "linear, rgb, yiq, yuv, lab");
        TransferRefused(["--color", "luminance", "--color-space", "rgb"], "--color-space rgb has no luminance", "yiq, yuv or lab");
        TransferRefused(["--color", "luminance", "--size", "40000"], "--color luminance", "40000x30000", "smaller --size");
        TransferRefused(["--between-scales", "histogram", "--size", "40000"], "--between-scales histogram", "40000x30000");
        TransferRefused(["--color", "nnst", "--color-space", "lab"], "--color-space says nothing without --color");
        TransferRefused(["--color-space", "lab"], "--color-space says nothing without --color");
        TransferRefused(["--color", "histogram", "--color-root", "pca"], "--color-root says nothing without --color covariance");
        Refused(["texture", "style.png", .. Options("--color", "histogram")], "--color histogram", "no content picture");
        Refused(["reconstruct", "content.png", .. Options("--color", "luminance")], "--color luminance", "no style picture");
        Refused(["evaluate", "content.png", "--style", "style.png", .. Objective, "--color", "covariance"], "--color covariance", "no content picture");
        PictureFile.Save(folder["mask.png"], Patterns.Fill(48, 36, (x, _) => (x * 5, x * 5, x * 5)));
        TransferRefused(["--between-scales", "histogram", "--content-mask", "mask.png"], "--between-scales histogram", "masks");
        Refused(["reconstruct", "content.png", .. Options("--between-scales", "histogram")], "--between-scales histogram", "no style picture");
        Refused(["plan", "content.png", "style.png", .. Options("--color-root", "pca")], "--color-root");
    }
}
