using System.Text.Json;
using System.Text.Json.Nodes;
using GpuStyle.Cli;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>A picture carries enough to be made again.</summary>
[Trait("Needs", "processes")]
public sealed class ReplayTests : CliTest
{
    float[] Pixels(string name) => PictureFile.Load(folder[name]).Rgb;

    /// <summary>Saves a picture with another record.</summary>
    void Carry(string name, Action<JsonObject> change)
    {
        var record = JsonNode.Parse(PictureFile.ReadSettings(folder["out.png"])!)!.AsObject();
        change(record);
        PictureFile.Save(folder[name], Patterns.Gradient(48, 36), new() { Settings = record.ToJsonString() });
    }

    [Fact]
    public void The_same_picture_to_the_last_bit_with_the_built_in_network()
    {
        Directory.CreateDirectory(folder["sub"]);
        PictureFile.Save(folder["two.png"], Patterns.Fill(36, 44, (x, y) => (40, x * 5, y * 5)));
        PictureFile.Save(folder["grey.png"], Patterns.Fill(96, 72, (x, _) => (x * 2, x * 2, x * 2)));
        // Without --device, --weights and --precision: what was taken is remembered.
        Assert.Equal(0, Run("transfer", "content.png", "style.png", "two.png", "-o", "sub/out.tif", "--size", "48", "--iterations", "3", "--bits", "16", "--init", "noise", "--seed", "7",
            "--style-blend", "0.3,0.7", "--style-layers", "relu1_1:0.5,relu2_1", "--content-layers", "relu2_2", "--tv", "absolute", "--normalise", "--normalise-gradients", "--content-weight", "5e3",
            "--style-weight", "1e4", "--content-mask", "grey.png", "--max-memory", "1GB").Code);
        string line = Outcome.Of(folder["sub"], ["replay", "out.tif"]).Line();
        Assert.StartsWith("out-again.tif: 48x36, 3 iterations", line);
        Assert.Equal(Pixels("sub/out.tif"), Pixels("sub/out-again.tif"));
        Assert.Equal(PictureFile.ReadSettings(folder["sub/out.tif"]), PictureFile.ReadSettings(folder["sub/out-again.tif"]));
    }

    /// <summary>A preset of several stages, one of which looks at some positions alone.</summary>
    [Fact]
    public void The_same_picture_with_neighbors()
    {
        Run("transfer", "content.png", "style.png", "-o", "out.tif", "--size", "48", "--device", "cpu", "--weights", TestWeights.Shallow, "--preset", "nnst", "--scales", "2", "--iterations", "2", "--polish", "3",
            "--samples", "8", "--seed", "5", "--content-layers", "relu2_1", "--style-layers", "relu1_1,relu2_1", "--color", "nnst", "--bits", "16").Line();
        Assert.StartsWith("out-again.tif: 48x36, 7 iterations", Run("replay", "out.tif").Line());
        Assert.Equal(Pixels("out.tif"), Pixels("out-again.tif"));
        Run("replay", "out.tif", "--seed", "6").Line();
        Assert.NotEqual(Pixels("out.tif"), Pixels("out-again.tif"));
    }

    /// <summary>Memory is why there were blocks and a short history.</summary>
    [Fact]
    public void What_memory_wanted_is_chosen_anew_with_more_of_it()
    {
        JsonObject OptionsOf(string name) => JsonNode.Parse(PictureFile.ReadSettings(folder[name])!)!["options"]!.AsObject();
        Transfer("--history", "7").Line();
        Carry("small.png", record =>
        {
            (record["options"]!["block-size"], record["options"]!["history"]) = (16, 4);
            record["asked"] = new JsonObject { ["block-size"] = null, ["history"] = 7 };
        });
        Run("replay", "small.png", "-o", "same.png").Line();
        Assert.Equal((16, 4), ((int)OptionsOf("same.png")["block-size"]!, (int)OptionsOf("same.png")["history"]!));
        Run("replay", "small.png", "--max-memory", "1GB", "-o", "whole.png").Line();
        Assert.Equal((false, 7), (OptionsOf("whole.png").ContainsKey("block-size"), (int)OptionsOf("whole.png")["history"]!));
    }

    [Fact]
    public void The_same_picture_with_colours_averages_and_schedules()
    {
        Transfer("--color", "luminance", "--between-scales", "histogram", "--scales", "2", "--optimizer", "adam", "--schedule", "cosine", "--average-decay", "0.6", "--until", "0.5%", "--iterations", "4").Line();
        Run("replay", "out.png").Line();
        Assert.Equal(Pixels("out.png"), Pixels("out-again.png"));
        Transfer("--content-mask", "content.png", "--mask-kind", "grey", "--mask-statistics", "sums").Line();
        Run("replay", "out.png").Line();
        Assert.Equal(Pixels("out.png"), Pixels("out-again.png"));
    }

    [Fact]
    public void The_precision_is_remembered_for_the_device_that_it_was_taken_of()
    {
        Transfer("--bits", "16").Line();
        Carry("gpu.png", record => (record["options"]!["device"], record["options"]!["precision"]) = ("reference", "tf32"));
        Refused(["replay", "gpu.png"], "cannot compute in tf32");
        Run("replay", "gpu.png", "--device", "cpu", "-o", "elsewhere.png").Line();
        Assert.Equal(Pixels("out.png"), Pixels("elsewhere.png"));
    }

    /// <summary>Strength was a number of halvings, in any preset, and is a number from 0 to 100.</summary>
    [Theory]
    [InlineData("paint", 1, "50")]
    [InlineData("gram", 2, "none")]
    public void An_older_strength_means_what_it_meant(string preset, double halvings, string now)
    {
        Transfer().Line();
        Carry("older.png", record => (record["format"], record["preset"]!["name"], record["options"]!["strength"]) = (1, preset, halvings));
        var options = new PictureRecord(folder["older.png"]).Options;
        Assert.Equal(now, options["strength"] is { } strength ? $"{strength}" : "none");
    }

    /// <summary>Until format 3 there was a lag, which a preset might have, an option, or both.</summary>
    [Theory]
    [InlineData(20, null, true)]
    [InlineData(20, 1, false)]
    [InlineData(1, 10, true)]
    [InlineData(1, null, false)]
    public void A_picture_with_a_lag_is_made_without_one_and_that_is_told(int preset, int? option, bool told)
    {
        Transfer("--bits", "16").Line();
        Carry("older.png", record =>
        {
            (record["format"], record["preset"]!["optimizer"]!["lag"]) = (2, preset);
            if (option is { } lag) (record["options"]!["lag"], record["asked"]!["lag"]) = (lag, lag);
        });
        var again = Run("replay", "older.png", "-o", "again.png");
        Assert.Equal(0, again.Code);
        Assert.Equal(told ? 1 : 0, again.ErrorLines.Count(l => l.Contains("--lag")));
        Assert.Equal(Pixels("out.png"), Pixels("again.png"));
    }

    /// <summary>What writes is the reader's to say.</summary>
    [Fact]
    public void A_picture_does_not_name_files_to_be_written()
    {
        Transfer().Line();
        File.WriteAllText(folder["mine.txt"], "mine");
        Carry("odd.png", record => (record["options"]!["trace"], record["options"]!["output"], record["options"]!["save-every"]) = ("mine.txt", "mine.txt", 1));
        Run("replay", "odd.png").Line();
        Assert.Equal("mine", File.ReadAllText(folder["mine.txt"]));
        Assert.False(File.Exists(folder["odd-again-0001.png"]));
        Carry("odd.png", record => record["preset"]!.AsObject().Remove("objective"));
        Refused(["replay", "odd.png"], "a preset that this version");
    }

    [Fact]
    public void Options_and_pictures_can_be_others()
    {
        Transfer("--style-weight", "50").Line();
        Run("replay", "out.png", "-o", "again.jpg", "--style-weight", "500", "--content", "style.png").Line();
        Run(["transfer", "style.png", "style.png", .. Options("-o", "asked.jpg", "--style-weight", "500")]).Line();
        Assert.Equal(Pixels("asked.jpg"), Pixels("again.jpg"));
        // A replay of a replay, from another format.
        Run("replay", "again.jpg", "-o", "third.png", "--style-weight", "50", "--content", "content.png").Line();
        Assert.Equal(Pixels("out.png"), Pixels("third.png"));
        Refused(["replay", "out.png", "--layer", "relu1_1"], "--layer is no option of 'transfer'");
        Refused(["replay", "out.png", "--style-blend", "1,2"], "--style-blend has 2 weights for 1 style");
        Refused(["replay", "out.png", "--iteratons", "1"], "--iteratons; did you mean --iterations?");
    }

    /// <summary>Other figures in the record stand for those that a later version may have.</summary>
    [Fact]
    public void A_preset_keeps_the_figures_that_it_had()
    {
        Transfer("-o", "asked.png", "--style-weight", "7").Line();
        Transfer().Line();
        Carry("then.png", record => record["preset"]!["objective"]!["styleWeight"] = 7);
        Run("replay", "then.png").Line();
        Assert.Equal(Pixels("asked.png"), Pixels("then-again.png"));
        Assert.NotEqual(Pixels("asked.png"), Pixels("out.png"));
        // By name a preset is today's.
        Run("replay", "then.png", "--preset", "gram").Line();
        Assert.Equal(Pixels("out.png"), Pixels("then-again.png"));
    }

    [Fact]
    public void No_option_of_the_picture_is_left_out()
    {
        foreach (string command in new[] { "transfer", "texture", "reconstruct" })
        {
            var (parsed, symbols, _) = SettingsFileTests.WithEverything(CommandTree.Root(), command, folder["all.json"]);
            using var place = new Workplace("cpu", null, 1, false, Precision.Auto, TestWeights.Shallow);
            var preset = Presets.Find("paint");
            var record = RunRecord.Of(parsed, folder["out.png"], place, preset, TransferSettings.Of(preset), new Dictionary<System.CommandLine.Symbol, string>());
            Assert.Equal(symbols.Select(SettingsKeys.KeyOf).Except(["output", "trace", "save-every", "no-settings", "json", "quiet"]), record.Options.Select(o => o.Key));
            Assert.Equal(JsonSerializer.Serialize(preset), JsonSerializer.Serialize(Json.Read<Preset>(Json.Line(preset))));
        }
    }

    [Fact]
    public void What_cannot_be_replayed_is_told_in_one_line()
    {
        Refused(["replay", "content.png"], "content.png carries no settings");
        Refused(["settings", "content.png"], "content.png carries no settings");
        Refused(["replay", "none.png"], "none.png", "no such file");
        File.Delete(folder["out.png"]);
        Transfer().Line();
        Carry("newer.png", record => (record["format"], record["version"]) = (99, "9.9.9"));
        Refused(["replay", "newer.png"], "newer.png was made by gpustyle 9.9.9 with settings that this version", "use that version");
        Carry("newer.png", record => (record["options"]!["glitter"], record["version"]) = (true, "9.9.9"));
        Refused(["replay", "newer.png"], "gpustyle 9.9.9 with the setting \"glitter\" that this version");
        Carry("newer.png", record => record["preset"]!["optimizer"]!["glitter"] = true);
        Refused(["replay", "newer.png"], "a preset that this version");
        Carry("newer.png", record => record["command"] = "glitter");
        Refused(["replay", "newer.png"], "the command 'glitter' that this version");
        Carry("early.png", record => record.Remove("format"));
        Refused(["replay", "early.png"], "early.png was made by an early gpustyle");
        Carry("odd.png", record => record["options"] = 3);
        Refused(["replay", "odd.png"], "odd.png carries settings that cannot be read");
        Carry("odd.png", record => record["options"]!["size"] = "large");
        Refused(["replay", "odd.png"], "odd.png, \"size\": --size", "whole number");
        File.Move(folder["content.png"], folder["moved.png"]);
        Refused(["replay", "out.png"], "out.png was made from content.png, which is not there", "--content");
        Run("replay", "out.png", "--content", "moved.png").Line();
        Assert.Equal(Pixels("out.png"), Pixels("out-again.png"));
    }

    [Fact]
    public void What_has_changed_since_is_told()
    {
        Transfer("--save-every", "1", "--weights", TestWeights.Write(folder["w.safetensors"], l => l)).Line();
        var stopped = Run("replay", "out-0001.png");
        Assert.Contains("out-0001.png was saved after 1 iteration of a run", Assert.Single(stopped.ErrorLines));
        Assert.Equal(Pixels("out.png"), Pixels("out-0001-again.png"));
        PictureFile.Save(folder["style.png"], Patterns.Gradient(40, 40));
        Assert.Equal("style.png has changed since out.png was made; the picture will be another.", Assert.Single(Run("replay", "out.png").ErrorLines));
        PictureFile.Save(folder["style.png"], Patterns.Fill(40, 40, (x, y) => ((x ^ y) * 6 % 256, x * y % 256, 40)));
        TestWeights.Write(folder["w.safetensors"], l => l with { Bias = [.. l.Bias.Select(b => b + 1)] });
        Assert.Contains("w.safetensors is not the network that out.png was made with", Assert.Single(Run("replay", "out.png").ErrorLines));
    }

    [Fact]
    public void Settings_of_a_picture_are_a_settings_file()
    {
        Transfer().Line();
        File.WriteAllText(folder["run.json"], Run("settings", "out.png").Output);
        Run("transfer", "--settings", "run.json", "-o", "b.png").Line();
        Assert.Equal(Pixels("out.png"), Pixels("b.png"));
        Refused(["settings"], "'settings' lacks PICTURE");
    }
}
