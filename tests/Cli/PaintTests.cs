using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>The preset that is taken where none is named, its strength, and the pass over finished pictures.</summary>
[Trait("Needs", "processes")]
public sealed class PaintTests : CliTest
{
    static readonly string[] Small = ["-o", "out.png", "--size", "48", "--iterations", "2", "--device", "cpu", "--weights", TestWeights.Shallow],
        Painted = ["--preset", "paint", .. Small];

    static readonly string[] Layers = ["--content-layers", "relu2_1", "--style-layers", "relu1_1,relu2_1"];

    [Fact]
    public void Pictures_have_motifs_and_strokes_unless_something_else_is_asked_for()
    {
        string[] deep = ["--size", "48", "--iterations", "1", "--device", "cpu", "--weights", TestWeights.Deep];
        Run(["transfer", "content.png", "style.png", "-o", "out.png", .. deep, "--trace", "t.jsonl"]).Line();
        Assert.Equal("motifs", JsonDocument.Parse(Run("settings", "out.png").Output).RootElement.GetProperty("preset").GetString());
        Assert.Equal(2 + 23, File.ReadLines(folder["t.jsonl"]).Count());
        var shallow = Run(["transfer", "content.png", "style.png", .. Small, .. Layers]);
        Assert.Equal(1, shallow.Code);
        Assert.Contains("this run needs conv4_2", Assert.Single(shallow.ErrorLines)); // at once, not when strokes are to be laid
    }

    [Fact]
    public void Paint_begins_with_half_the_size()
    {
        Run(["transfer", "content.png", "style.png", .. Painted, .. Layers, "--trace", "t.jsonl"]).Line();
        var settings = JsonDocument.Parse(Run("settings", "out.png").Output).RootElement;
        Assert.Equal("paint", settings.GetProperty("preset").GetString());
        Assert.Equal(0, settings.GetProperty("seed").GetInt32());
        // As small as the network allows, then the whole, and a closing line each.
        Assert.Equal([43, 43, 43, 48, 48, 48], [.. File.ReadLines(folder["t.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("width").GetInt32())]);
        Run("replay", "out.png", "-o", "again.png").Line();
        Assert.Equal(PictureFile.Load(folder["out.png"]).Rgb, PictureFile.Load(folder["again.png"]).Rgb);
        Run(["texture", "style.png", .. Small, "--style-layers", "relu1_1,relu2_1"]).Line();
        Assert.Equal("gram", JsonDocument.Parse(Run("settings", "out.png").Output).RootElement.GetProperty("preset").GetString());
    }

    [Theory]
    [InlineData("--strength", "0")]
    [InlineData("--strength", "20", "--turns", "rotations", "--samples", "8")]
    [InlineData("--cover", "0", "--color-weight", "0", "--content-weight", "0")]
    [InlineData("--preset", "gram", "--polish", "2")]
    [InlineData("--block-size", "16", "--seed", "3")]
    [InlineData("--optimizer", "lbfgs", "--samples", "0")]
    [InlineData("--content-mask", "grey.png", "--mask-keep", "black")]
    public void Runs(params string[] options)
    {
        PictureFile.Save(folder["grey.png"], Patterns.Fill(48, 36, (x, _) => x < 24 ? (255, 255, 255) : (0, 0, 0)));
        bool deep = options.Contains("--polish");
        var outcome = Run(["transfer", "content.png", "style.png", .. deep ? Small[..^1].Append(TestWeights.Deep) : Painted, .. deep ? [] : Layers, .. options]);
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.DoesNotContain("changes nothing", outcome.Error);
    }

    /// <summary>Dials stand for other options: sizes, content's weight, that of the variation, the painting's size.</summary>
    [Theory]
    [InlineData("paint", "--strength 100 --detail 75 --smooth 10 --stroke 2", "strength 2, content 1, variation 0.1")]
    [InlineData("paint", "--strength 0 --content-weight 3", "strength 0, content 3, variation 0")]
    [InlineData("gatys2016", "--strength 25 --detail 50", "strength none, content 4, variation 0")]
    public void Dials(string preset, string options, string expected)
    {
        Run(["transfer", "content.png", "style.png", .. Small, "--preset", preset, .. Layers, .. options.Split(' ')]).Line();
        var run = JsonDocument.Parse(PictureFile.ReadSettings(folder["out.png"])!).RootElement.GetProperty("settings");
        var (strength, objective) = (run.GetProperty("strength"), run.GetProperty("objective"));
        Assert.Equal(expected, $"strength {(strength.ValueKind == JsonValueKind.Null ? "none" : $"{strength}")}, "
            + $"content {objective.GetProperty("contentWeight")}, variation {objective.GetProperty("tvWeight")}");
    }

    [Fact]
    public void A_dial_goes_from_0_to_100() =>
        Refused(["transfer", "content.png", "style.png", .. Small, "--strength", "101"], "--strength", "a number from 0 to 100");

    [Fact]
    public void What_is_for_neighbors_alone_is_told_elsewhere()
    {
        var outcome = Run(["transfer", "content.png", "style.png", .. Small, "--preset", "gram", .. Layers, "--cover", "1", "--samples", "5", "--octaves", "3"]);
        Assert.Equal(0, outcome.Code);
        foreach (string option in (string[])["--cover", "--samples", "--octaves"]) Assert.Contains($"{option} changes nothing", outcome.Error);
    }
}
