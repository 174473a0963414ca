using System.Text.Json;
using GpuStyle.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Textures that tile, from the command line.</summary>
[Trait("Needs", "processes")]
public sealed class TileTests : CliTest
{
    static string[] Small(params string[] options) => ["texture", "style.png", "--tile", .. Options(options)];

    JsonElement Settings => JsonDocument.Parse(Run("settings", "out.png").Output).RootElement;

    [Fact]
    public void The_nearest_size_that_tiles_is_taken_and_told()
    {
        var outcome = Run(Small("--size", "45"));
        Assert.Equal(0, outcome.Code);
        Assert.Equal("--tile: 45x45 becomes 46x46, since the sides of a texture that tiles are multiples of 2 px here.",
            Assert.Single(outcome.ErrorLines));
        Assert.Equal(46, PictureFile.Load(folder["out.png"]).Width);
        Assert.True(Settings.GetProperty("tile").GetBoolean());
        Run("replay", "out.png", "-o", "again.png");
        Assert.Equal(PictureFile.Load(folder["out.png"]).Rgb, PictureFile.Load(folder["again.png"]).Rgb);
        Assert.Empty(Run(Small("--size", "46")).ErrorLines);
    }

    /// <summary>The same options without it give another picture.</summary>
    [Fact]
    public void Another_picture_than_without()
    {
        Run(Small("--size", "48")).Line();
        float[] tiled = PictureFile.Load(folder["out.png"]).Rgb;
        Run(["texture", "style.png", .. Options("--size", "48")]).Line();
        Assert.False(Settings.TryGetProperty("tile", out _));
        Assert.NotEqual(PictureFile.Load(folder["out.png"]).Rgb, tiled);
    }

    [Theory]
    [InlineData("--optimizer", "adam", "--octaves", "4", "--scales", "2")]
    [InlineData("--block-size", "16")]
    [InlineData("--style-loss", "neighbors", "--color-weight", "1")]
    [InlineData("--style-loss", "hypercolumns", "--style-layers", "relu1_1,relu2_1")]
    [InlineData("--style-loss", "transport", "--tv-weight", "1", "--tv", "nine-point")]
    [InlineData("--weigh", "relative", "--tv-weight", "1", "--between-scales", "histogram", "--scales", "2")]
    public void Runs(params string[] options)
    {
        var outcome = Run(Small(["--size", "48", .. options]));
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Empty(outcome.ErrorLines);
        float[] tiled = PictureFile.Load(folder["out.png"]).Rgb;
        Run(["texture", "style.png", .. Options(["--size", "48", .. options])]).Line();
        Assert.NotEqual(PictureFile.Load(folder["out.png"]).Rgb, tiled);
    }

    /// <summary>The pass at the end looks at relu4_2, where eight pixels are a position.</summary>
    [Fact]
    public void Sides_suit_the_pass_at_the_end()
    {
        var outcome = Run(Small("--size", "44", "--polish", "2", "--weights", TestWeights.Deep));
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Contains("44x44 becomes 48x48", Assert.Single(outcome.ErrorLines));
    }

    [Fact]
    public void What_does_not_go_with_it_is_refused()
    {
        File.Copy(folder["style.png"], folder["mask.png"]);
        Refused(Small("--content-mask", "mask.png"), "--tile", "leave --content-mask out");
        Refused(["transfer", "content.png", "style.png", .. Options("--tile")], "There is no option --tile");
    }
}
