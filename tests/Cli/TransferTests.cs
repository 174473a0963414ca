using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

[Trait("Needs", "processes")]
public sealed class TransferTests : CliTest
{
    [Fact]
    public void Writes_the_picture_with_its_settings_and_says_so_in_one_line()
    {
        string line = Transfer().Line();
        Assert.StartsWith("out.png: 48x36, 2 iterations in ", line);
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["out.png"]));
        var settings = JsonDocument.Parse(PictureFile.ReadSettings(folder["out.png"])!).RootElement;
        Assert.Equal("transfer", settings.GetProperty("command").GetString());
        Assert.Equal("content.png", settings.GetProperty("options").GetProperty("content").GetString());
        Assert.Equal("shallow.safetensors", settings.GetProperty("weights").GetString());
        Assert.Equal(2, settings.GetProperty("settings").GetProperty("optimizer").GetProperty("iterations").GetInt32());
        Assert.Equal(["content.png", "out.png", "style.png"], folder.Names);
    }

    /// <summary>Nothing of the run is in the file: no settings, no name of a file or folder.</summary>
    [Fact]
    public void Without_settings_the_picture_tells_nothing()
    {
        Transfer("--no-settings", "--save-every", "1").Line();
        foreach (string name in new[] { "out.png", "out-0001.png" })
        {
            Assert.Null(PictureFile.ReadSettings(folder[name]));
            string bytes = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(folder[name]));
            foreach (string word in new[] { "gpustyle", "content", "style", "safetensors" }) Assert.DoesNotContain(word, bytes);
        }
    }

    /// <summary>A star that the shell has replaced by every photograph of the folder.</summary>
    [Fact]
    public void A_second_photograph_that_becomes_a_style_is_told()
    {
        foreach (string name in new[] { "a.jpg", "b.jpg", "c.jpg" }) PictureFile.Save(folder[name], Patterns.Gradient(40, 40));
        var outcome = Run(["transfer", "a.jpg", "b.jpg", "c.jpg", .. Options()]);
        Assert.Equal(0, outcome.Code);
        Assert.StartsWith("b.jpg is taken for a style, though it looks like another photograph: only the first picture, a.jpg, is painted.", Assert.Single(outcome.ErrorLines));
        Run(["transfer", .. Options(), "--", "a.jpg", "b.jpg", "c.jpg"]).Line();
        Run(["transfer", "a.jpg", "c.jpg", .. Options()]).Line();
    }

    [Fact]
    public void Json_trace_and_pictures_on_the_way()
    {
        var result = JsonDocument.Parse(Transfer("--json", "--trace", "t.jsonl", "--save-every", "2", "--iterations", "4").Line()).RootElement;
        Assert.Equal(4, result.GetProperty("iterations").GetInt32());
        Assert.Equal(48, result.GetProperty("width").GetInt32());
        Assert.False(result.GetProperty("interrupted").GetBoolean());
        Assert.True(result.GetProperty("losses").GetProperty("total").GetDouble() > 0);

        var trace = File.ReadLines(folder["t.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal([1, 2, 3, 4, 4], trace.Select(t => t.GetProperty("iteration").GetInt32()));
        // The last line is of the result, after the last iteration.
        Assert.Equal([false, false, false, false, true], trace.Select(t => t.GetProperty("closing").GetBoolean()));
        Assert.Equal(result.GetProperty("losses").GetProperty("total").GetDouble(), trace[^1].GetProperty("total").GetDouble());
        foreach (string name in new[] { "scale", "total", "content", "style", "seconds" })
            Assert.All(trace, t => Assert.Equal(JsonValueKind.Number, t.GetProperty(name).ValueKind));
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["out-0002.png"]));
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["out-0004.png"]));
        // What was saved after the last iteration is the result.
        Assert.Equal(PictureFile.Load(folder["out-0004.png"]).Rgb, PictureFile.Load(folder["out.png"]).Rgb);
    }

    [Fact]
    public void What_changes_nothing_and_what_ended_early_is_told()
    {
        var outcome = Transfer("--optimizer", "adam", "--learning-rate", "1e-6", "--iterations", "40", "--schedule", "linear", "--average-decay", "0.9", "--until", "1%",
            "--history", "7", "--preconditioner", "none", "--seed", "1", "--moments-weight", "2", "--tv", "means", "--tv-weight", "0",
            "--style-combine", "losses", "--between-scales", "histogram", "--scales", "1", "--json");
        Assert.Equal(0, outcome.Code);
        Assert.Equal(
        [
            "--history changes nothing: it is for L-BFGS, and the optimiser is Adam.",
            "--preconditioner changes nothing: it is for L-BFGS, and the optimiser is Adam.",
            "--seed changes nothing: the picture does not start as noise.",
            "--moments-weight changes nothing: it is for --style-loss gram+moments.",
            "--tv changes nothing: --tv-weight is 0.",
            "--style-combine changes nothing: it is for several styles, and there is one.",
            "--between-scales changes nothing: there is one size.",
            "48x36 ends after 21 of 40 iterations: in the last 20 its loss fell by less than 1 %.",
        ], outcome.ErrorLines);
        var result = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal((1, 21), (result.GetProperty("stalled").GetInt32(), result.GetProperty("iterations").GetInt32()));
        Assert.Contains("\"schedule\":\"linear\",\"averageDecay\":0.9,\"until\":0.01", PictureFile.ReadSettings(folder["out.png"])!);
    }

    [Fact]
    public void Texture_has_the_size_that_was_asked_for_and_the_styles_aspect()
    {
        PictureFile.Save(folder["wide.png"], Patterns.Gradient(80, 40));
        Run(["texture", "wide.png", .. Options("--size", "64", "--style-size", "0")]).Line();
        Assert.Equal((64, 32), PictureFile.ReadSize(folder["out.png"]));
    }

    [Fact]
    public void Reconstruct_takes_a_layer()
    {
        string[] options = [.. Options("--content-layers", "relu2_1").Except(["--style-layers", "relu1_1,relu2_1"])];
        Run(["reconstruct", "content.png", "--layer", "relu1_2", .. options]).Line();
        var settings = JsonDocument.Parse(PictureFile.ReadSettings(folder["out.png"])!).RootElement.GetProperty("settings");
        Assert.Equal("relu1_2", settings.GetProperty("objective").GetProperty("contentLayers")[0].GetProperty("layer").GetString());
        Assert.Equal("noise", settings.GetProperty("init").GetString());
    }

    [Fact]
    public void Several_styles_from_a_picture_of_the_users_into_16_bits()
    {
        PictureFile.Save(folder["start.jpg"], Patterns.Gradient(30, 30));
        Run(["transfer", "content.png", "style.png", "content.png", .. Options("--init", "start.jpg", "--bits", "16", "-o", "deep.tif", "--style-size", "0")]).Line();
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["deep.tif"]));
    }

    [Fact]
    public void Its_own_size_and_its_transparency_stay()
    {
        var content = Patterns.Gradient(50, 35, alpha: true);
        PictureFile.Save(folder["content.png"], content);
        Transfer("--size", "0", "-o", "own.png").Line();
        var result = PictureFile.Load(folder["own.png"]);
        Assert.Equal((50, 35), (result.Width, result.Height));
        Assert.Equal(content.Alpha!.Select(a => MathF.Round(a * 255)), result.Alpha!.Select(a => MathF.Round(a * 255)));
    }

    [Fact]
    public void Transparency_that_the_format_cannot_hold_is_told()
    {
        PictureFile.Save(folder["content.png"], Patterns.Gradient(50, 35, alpha: true));
        var outcome = Transfer("-o", "out.jpg");
        Assert.Equal(0, outcome.Code);
        Assert.Contains(".png", Assert.Single(outcome.ErrorLines));
    }

    [Fact]
    public void Names_may_be_odd()
    {
        PictureFile.Save(folder["@home [1].png"], Patterns.Gradient(32, 32));
        Run(["transfer", "@home [1].png", "style.png", .. Options("-o", "über %d.png")]).Line();
        Assert.Equal((48, 48), PictureFile.ReadSize(folder["über %d.png"]));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        foreach (string name in new[] { "a.png", "b.png", "c.png" }) Transfer("-o", name, "--init", "noise", "--seed", name == "c.png" ? "2" : "1").Line();
        Assert.Equal(PictureFile.Load(folder["a.png"]).Rgb, PictureFile.Load(folder["b.png"]).Rgb);
        Assert.NotEqual(PictureFile.Load(folder["a.png"]).Rgb, PictureFile.Load(folder["c.png"]).Rgb);
    }

    [Fact]
    public void The_preset_runs_as_it_is_on_a_pyramid()
    {
        PictureFile.Save(folder["content.png"], Patterns.Gradient(96, 64));
        Run("transfer", "content.png", "style.png", "-o", "out.png", "--size", "96", "--scales", "2", "--iterations", "2", "--polish", "1",
            "--trace", "t.jsonl", "--device", "cpu", "--weights", TestWeights.Deep).Line();
        var widths = File.ReadLines(folder["t.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("width").GetInt32());
        Assert.Equal([48, 48, 48, 48, 96, 96, 96, 96, 96], widths); // three iterations, two, one, and what each size ends with
    }

    [Fact]
    public void Pictures_on_the_way_that_cannot_be_written_do_not_end_the_run()
    {
        // A name as long as a name may be has no room for the number.
        string name = new string('n', 251) + ".png";
        var outcome = Transfer("-o", name, "--save-every", "1");
        Assert.Equal(0, outcome.Code);
        Assert.StartsWith("--save-every ends: ", Assert.Single(outcome.ErrorLines));
        Assert.Equal((48, 36), PictureFile.ReadSize(folder[name]));
    }

    /// <summary>The larger size is read from files that have no name any more.</summary>
    [Fact]
    public void Pictures_may_be_deleted_while_a_run_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "open files have names on Linux alone");
        PictureFile.Save(folder["content.png"], Patterns.Gradient(96, 64));
        int seen = 0;
        var outcome = Outcome.Of(folder[""], process =>
        {
            Outcome.Await(process, () => TraceLines() > 0);
            seen = TraceLines();
            File.Delete(folder["content.png"]);
            File.Delete(folder["style.png"]);
        }, ["transfer", "content.png", "style.png", .. Options("--size", "96", "--scales", "2", "--iterations", "200", "--trace", "t.jsonl")]);
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.InRange(seen, 1, 299);
        Assert.Equal(500 + 2, TraceLines()); // iterations, and what each size ends with
        Assert.Equal(["out.png", "t.jsonl"], folder.Names);
    }
}
