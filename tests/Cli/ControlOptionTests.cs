using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Several styles, masks and losses on the command line: what they do, and what is wrong with them in one line.</summary>
[Trait("Needs", "processes")]
public sealed class ControlOptionTests : CliTest
{
    public ControlOptionTests()
    {
        PictureFile.Save(folder["two.png"], Patterns.Fill(36, 44, (x, y) => (40, x * 5, y * 5)));
        PictureFile.Save(folder["regions.png"], Patterns.Fill(48, 36, (x, _) => x < 20 ? (255, 0, 0) : x < 40 ? (0, 0, 255) : (0, 0, 0)));
        PictureFile.Save(folder["grey.png"], Patterns.Fill(96, 72, (x, _) => (x * 2, x * 2, x * 2)));
        PictureFile.Save(folder["square.png"], Patterns.Fill(20, 20, (x, y) => (x * 10, x * 10, x * 10)));
    }

    double[] Style(params string[] more) => [.. JsonDocument.Parse(Run(["evaluate", "content.png", "--content", "content.png", "--size", "0", "--style-size", "0", "--device", "cpu", "--weights", TestWeights.Shallow,
        "--content-layers", "relu2_1", "--style-layers", "relu1_1,relu2_1", "--json", .. more]).Line()).RootElement.GetProperty("style").EnumerateArray().Select(v => v.GetDouble())];

    [Fact]
    public void A_blend_is_what_its_parts_are()
    {
        double[] first = Style("--style", "style.png"), second = Style("--style", "two.png");
        double[] all = Style("--style", "style.png", "--style", "two.png", "--style-blend", "5,0"), losses = Style("--style", "style.png", "--style", "two.png", "--style-blend", "3,1", "--style-combine", "losses");
        for (int l = 0; l < 2; l++)
        {
            Assert.Equal(1, all[l] / first[l], 1e-6);
            Assert.Equal(1, losses[l] / (0.75 * first[l] + 0.25 * second[l]), 1e-6);
        }
    }

    [Fact]
    public void A_folder_is_the_pictures_in_it()
    {
        Directory.CreateDirectory(folder["styles"]);
        foreach (string name in new[] { "style.png", "two.png" }) File.Copy(folder[name], folder[Path.Combine("styles", name)]);
        File.WriteAllText(folder[Path.Combine("styles", "notes.txt")], "no picture");
        double[] expected = Style("--style", "style.png", "--style", "two.png");
        Assert.Equal(expected, Style("--style", "styles"));
        Assert.Equal(Style("--style", "style.png", "--style", "two.png", "--style", "two.png", "--style-blend", "1,1,2"), Style("--style", "styles", "--style", "two.png", "--style-blend", "2,2"));
        Assert.NotEqual(expected, Style("--style", "styles", "--style-scale", "0.5"));
    }

    [Theory]
    [InlineData("--style-loss", "wasserstein")]
    [InlineData("--style-loss", "covariance")]
    [InlineData("--style-loss", "gram+moments", "--moments-weight", "3")]
    [InlineData("--content-loss", "relative", "--normalise-gradients")]
    [InlineData("--content-mask", "grey.png", "--mask-keep", "black")]
    [InlineData("--content-mask", "grey.png", "--mask-statistics", "sums")]
    [InlineData("--tv", "nine-point")]
    [InlineData("--preset", "nnst", "--polish", "2")]
    [InlineData("--style-loss", "hypercolumns", "--sought-content", "1", "--turns", "rotations", "--content-mask", "grey.png", "--mask-keep", "black")]
    public void Runs(params string[] options) => Assert.StartsWith("out.png: 48x36", Transfer(options).Line());

    /// <summary>Red in the first style, blue in the second, black as it was.</summary>
    [Fact]
    public void Regions_take_styles_in_turn_and_one_stays_as_it_is()
    {
        var outcome = Run(["transfer", "content.png", "style.png", "two.png", .. Options("--content-mask", "regions.png", "--mask-keep", "black", "--init", "noise", "--preconditioner", "smooth")]);
        Assert.Equal(0, outcome.Code);
        Assert.Equal(["Region 1 (#ff0000), 42 % of the picture: style.png.", "Region 2 (#0000ff), 42 % of the picture: two.png."], outcome.ErrorLines);
        Picture result = PictureFile.Load(folder["out.png"]), content = PictureFile.Load(folder["content.png"]);
        int kept = 0, painted = 0;
        for (int i = 0; i < result.Rgb.Length; i++)
            if (i % 48 >= 40) kept += result.Rgb[i] == content.Rgb[i] ? 1 : 0;
            else painted += result.Rgb[i] == content.Rgb[i] ? 0 : 1;
        Assert.Equal(3 * 36 * 8, kept);
        Assert.InRange(painted, 3 * 36 * 40 * 3 / 4, 3 * 36 * 40);
    }

    /// <summary>Masks, two styles, their losses, variation, norms, blocks and a pyramid, under both optimisers.</summary>
    [Theory]
    [InlineData("lbfgs", "wasserstein")]
    [InlineData("adam", "gram+moments")]
    public void Everything_at_once(string optimizer, string loss)
    {
        var outcome = Run(["transfer", "content.png", "style.png", "two.png", .. Options("--content-mask", "regions.png", "--mask-keep", "black", "--style-loss", loss, "--style-combine", "losses", "--style-blend", "2,1",
            "--style-scale", "1,0.9", "--tv", "edge-aware", "--normalise-gradients", "--block-size", "16", "--scales", "2", "--optimizer", optimizer, "--json")]);
        Assert.Equal(0, outcome.Code);
        Assert.True(JsonDocument.Parse(outcome.Output).RootElement.GetProperty("losses").GetProperty("total").GetDouble() > 0);
        var result = PictureFile.Load(folder["out.png"]);
        double mean = result.Rgb.Average();
        Assert.InRange(result.Rgb.Average(v => (v - mean) * (v - mean)), 100, 10_000);
    }

    [Fact]
    public void A_region_that_vanishes_is_told()
    {
        PictureFile.Save(folder["small.png"], Patterns.Fill(48, 36, (x, y) => x is > 10 and < 14 && y is > 10 and < 14 ? (255, 0, 0) : (0, 0, 255)));
        PictureFile.Save(folder["smallstyle.png"], Patterns.Fill(40, 40, (x, _) => x < 20 ? (255, 0, 0) : (0, 0, 255)));
        var outcome = Transfer("--content-mask", "small.png", "--style-mask", "smallstyle.png", "--mask-carry", "inside");
        Assert.Equal(0, outcome.Code);
        Assert.Contains("Region 2 (#ff0000) vanishes at relu2_1 of 48x36: it has no style there.", outcome.ErrorLines);
    }

    [Fact]
    public void Numbers_that_do_not_match()
    {
        Refused(["transfer", "content.png", "style.png", "two.png", .. Options("--style-blend", "1,2,3")], "--style-blend has 3 weights for 2 styles");
        Refused(["transfer", "content.png", "style.png", "two.png", "-o", "out.png", "--style-blend", "0.7", "0.3"], "0.3: taken for a style picture");
        Refused(["transfer", "content.png", "style.png", "two.png", .. Options("--style-blend", "0,0")], "--style-blend", "above 0");
        Refused(["transfer", "content.png", "style.png", .. Options("--style-scale", "1,2")], "--style-scale has 2 numbers for 1 style");
        TransferRefused(["--style-scale", "0.1"], "--style-scale", "at least 16 px");
        TransferRefused(["--style-blend", "a,b"], "--style-blend 'a,b'", "0.7,0.3");
        Directory.CreateDirectory(folder["empty"]);
        Refused(["texture", "style.png", .. Options("--tv", "edge-aware")], "--tv edge-aware", "no content picture");
        Run(["transfer", "content.png", "empty", .. Options()]).Refused("folder 'empty' holds no picture");
        Directory.Delete(folder["empty"]);
    }

    [Fact]
    public void Masks_that_do_not_match()
    {
        TransferRefused(["--content-mask", "square.png"], "--content-mask square.png is 20x20", "the shape of its picture, at any size: content.png is 48x36");
        TransferRefused(["--content-mask", "grey.png", "--style-mask", "regions.png"], "--style-mask regions.png is 48x36", "style.png is 40x40");
        TransferRefused(["--content-mask", "missing.png"], "missing.png", "no such file");
        TransferRefused(["--content-mask", "grey.png", "--style-mask", "square.png", "--style-mask", "square.png"], "--style-mask is given 2 times for 1 style");
        Refused(["transfer", "content.png", "style.png", "two.png", .. Options("--content-mask", "grey.png", "--content-mask", "grey.png", "--content-mask", "grey.png")], "--content-mask is given 3 times for 2 styles");
        Refused(["transfer", "content.png", "style.png", "two.png", .. Options("--content-mask", "regions.png")], "3 regions (#ff0000, #0000ff, #000000) for 2 styles");
        TransferRefused(["--content-mask", "regions.png", "--style-mask", "square.png"], "--style-mask square.png has no #ff0000");
        TransferRefused(["--content-mask", "regions.png", "--mask-keep", "yellow"], "--mask-keep", "#ff0000, #0000ff, #000000");
        TransferRefused(["--content-mask", "regions.png", "--mask-keep", "rouge"], "'rouge' is no colour");
        PictureFile.Save(folder["black.png"], Patterns.Fill(48, 36, (_, _) => (0, 0, 0)));
        TransferRefused(["--content-mask", "black.png"], "--content-mask black.png: black all over", "white");
        TransferRefused(["--content-mask", "grey.png", "--style-mask", "black.png"], "--style-mask black.png");
        TransferRefused(["--mask-statistics", "sums"], "--mask-statistics says nothing without --content-mask");
        TransferRefused(["--content-mask", "grey.png", "--mask-statistics", "sums", "--style-loss", "wasserstein"], "--mask-statistics sums", "--style-loss gram");
        TransferRefused(["--content-mask", "grey.png", "--mask-statistics", "sums", "--style-combine", "losses"], "--mask-statistics sums", "--style-combine targets");
        TransferRefused(["--mask-keep", "black"], "--mask-keep says nothing without --content-mask");
        Refused(["texture", "style.png", .. Options("--content-mask", "square.png", "--mask-keep", "black")], "--mask-keep", "no content picture");
    }
}
