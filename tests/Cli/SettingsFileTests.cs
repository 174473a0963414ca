using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GpuStyle.Cli;
using GpuStyle.Imaging;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Cli;

/// <summary>Options from a file: all of them, behind the command line, with the same complaints.</summary>
[Trait("Needs", "processes")]
public sealed class SettingsFileTests : CliTest
{
    void Write(string name, string json) => File.WriteAllText(folder[name], json);

    [Fact]
    public void A_run_needs_nothing_but_its_file_whose_paths_are_relative_to_it()
    {
        Directory.CreateDirectory(folder["sub"]);
        Write("sub/run.json", $$"""
            { // A comment, and a comma at the end.
              "content": "../content.png", "style": ["../style.png"], "output": "made.png", "preset": "gram", "size": 48, "iterations": 2, "device": "cpu", "weights": {{JsonSerializer.Serialize(TestWeights.Shallow)}},
              "content-layers": ["relu2_1"], "style-layers": "relu1_1,relu2_1", "normalise-gradients": false, "evaluations": 1, "layer": "relu1_1", "image": "none.png",
            }
            """);
        Assert.StartsWith(Path.Combine("sub", "made.png") + ": 48x36, 2 iterations", Run("transfer", "--settings", "sub/run.json").Line());
        Transfer().Line();
        Assert.Equal(PictureFile.Load(folder["out.png"]).Rgb, PictureFile.Load(folder["sub/made.png"]).Rgb);
        // Another command takes what it has of it; what is said on the command line wins, pictures too.
        var plan = JsonDocument.Parse(Run("plan", "--settings", "sub/run.json", "style.png", "--size=32", "--json").Output).RootElement.GetProperty("levels")[0].GetProperty("level");
        Assert.Equal((32, 32, 2), (plan.GetProperty("width").GetInt32(), plan.GetProperty("height").GetInt32(), plan.GetProperty("iterations").GetInt32()));
        Assert.Contains("48x48", Run("bench", "--settings", "sub/run.json", "--weights", TestWeights.Deep).Output);
        Assert.Contains("relu1_2", Run("evaluate", "content.png", "--settings", "sub/run.json", "--style-layers", "relu1_2").Output);
    }

    /// <summary>A value that suits the schema.</summary>
    static JsonNode Sample(JsonNode form)
    {
        if (form["anyOf"] is JsonArray any) return Sample(any[0]!);
        string type = form["type"] is JsonArray several ? (string)several[0]! : (string)form["type"]!;
        string[] texts = ["some", "4GB", "relu1_1", "auto", "64x48", "0.5%"];
        return type switch
        {
            "boolean" => true,
            "integer" => form["minimum"]?.DeepClone() ?? 3,
            "number" => 0.5,
            "array" => new JsonArray(Sample(form["items"]!)),
            _ => form["enum"]?[0]!.DeepClone() ?? texts.First(t => form["pattern"] is null || Regex.IsMatch(t, (string)form["pattern"]!)),
        };
    }

    /// <summary>A command that is given all it can be, by a file.</summary>
    internal static (ParseResult Parsed, List<Symbol> Symbols, JsonObject Json) WithEverything(RootCommand root, string command, string file)
    {
        var symbols = SettingsKeys.Of(root.Subcommands.Single(c => c.Name == command)).ToList();
        var json = new JsonObject();
        foreach (var symbol in symbols) json[SettingsKeys.KeyOf(symbol)] = Sample(SettingsKeys.FormOf(symbol).Schema);
        File.WriteAllText(file, json.ToJsonString());
        string[] arguments = [command, "--settings", file];
        var (joined, _) = SettingsFile.Join(arguments, CommandTree.Parse(root, arguments));
        return (CommandTree.Parse(root, joined), symbols, json);
    }

    public static TheoryData<string> Commands => [.. SettingsKeys.Commands(CommandTree.Root()).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void No_option_is_left_out_and_the_schema_describes_what_is_taken(string command)
    {
        var properties = SettingsSchema.Of(CommandTree.Root())["properties"]!;
        var root = CommandTree.Root();
        var (parsed, symbols, json) = WithEverything(root, command, folder["all.json"]);
        Assert.All(json, member => Assert.NotNull(properties[member.Key]));
        Assert.Null(ParseProblems.Find(parsed));
        Assert.All(symbols, s => Assert.NotNull(SettingsKeys.WordsOf(parsed, s)));
        // And back again, as a picture keeps them; paths have become longer.
        foreach (var symbol in symbols.Where(s => !SettingsKeys.IsFile(s, "some", "")))
            Assert.Equal(json[SettingsKeys.KeyOf(symbol)]!.ToJsonString(), SettingsKeys.FormOf(symbol).Value(SettingsKeys.WordsOf(parsed, symbol)!).ToJsonString());
        Assert.Equal([.. root.Subcommands.Single(c => c.Name == command).Options.Select(o => o.Name).Except([SettingsFile.OptionName])], symbols.OfType<Option>().Select(o => o.Name));
    }

    [Fact]
    public void Every_command_that_takes_the_options_of_a_run_takes_the_file() =>
        Assert.Equal([.. CommandTree.Root().Subcommands.Where(c => c.Options.Any(o => o.Name == "--content-weight")).Select(c => c.Name), "bench"], Commands.Select(c => (string)c.Data));

    [Fact]
    public void The_published_schema_is_the_programs()
    {
        Assert.SkipWhen(SharedFiles.Root is null, "the tests do not run from the repository");
        string published = File.ReadAllText(Path.Combine(SharedFiles.Root!, "docs", "settings.schema.json"));
        Assert.True(published.ReplaceLineEndings() == Run("settings", "--schema").Output.ReplaceLineEndings(), "options have changed: write the output of 'gpustyle settings --schema' to docs/settings.schema.json");
    }

    [Theory]
    [InlineData("""{ "iteratons": 3 }""", "there is no setting \"iteratons\"; did you mean iterations?")]
    [InlineData("""{ "gpu": 3 }""", "there is no setting \"gpu\"", "gpustyle settings --schema")]
    [InlineData("""{ "settings": "b.json" }""", "there is no setting \"settings\"")]
    [InlineData("""{ "size": -3 }""", "\"size\": --size '-3' is wrong; it takes a whole number from 0 to 100000.")]
    [InlineData("""{ "size": "48" }""", "\"size\": --size '\"48\"' is wrong; it takes a whole number")]
    [InlineData("""{ "size": [48] }""", "\"size\": --size '[48]' is wrong; it takes a whole number")]
    [InlineData("""{ "seed": null }""", "\"seed\": --seed 'null' is wrong; it takes a whole number")]
    [InlineData("""{ "preset": "gatys" }""", "\"preset\": --preset 'gatys' is wrong; it takes one of motifs, balanced, paint, gram, gatys2016")]
    [InlineData("""{ "style-blend": [0.5, "x"] }""", "\"style-blend\": --style-blend '0.5,\"x\"' is wrong; it takes numbers, 0 or more")]
    [InlineData("""{ "device": 3 }""", "\"device\": --device '3' is wrong; it takes a text.")]
    [InlineData("""{ "content-mask": [3] }""", "\"content-mask\": --content-mask '[3]' is wrong; it takes a text, or several in brackets.")]
    [InlineData("""{ "normalise": "yes" }""", "\"normalise\": --normalise '\"yes\"' is wrong; it takes true or false.")]
    [InlineData("""{ "init": "" }""", "\"init\": --init is empty; give a value, or leave it out.")]
    [InlineData("""{ "style-layers": [] }""", "\"style-layers\": --style-layers is empty")]
    [InlineData("""[1]""", "--settings", "this is no JSON object")]
    [InlineData("""{ "size": 1, "size": 2 }""", "--settings", "'size'")]
    [InlineData("{ \"size\": 1,\n size }", "--settings", "this is no JSON in line 2")]
    [InlineData("", "--settings", "this is no JSON")]
    public void What_is_wrong_is_named_with_file_and_key(string json, params string[] words)
    {
        Write("run.json", json);
        string file = folder["run.json"], message;
        string[] arguments = ["transfer", "--settings", file, "content.png", "style.png", "-o", "out.png"];
        var root = CommandTree.Root();
        try
        {
            var (joined, settings) = SettingsFile.Join(arguments, CommandTree.Parse(root, arguments));
            message = settings!.Blame(ParseProblems.Find(CommandTree.Parse(root, joined))!);
        }
        catch (UserErrorException e)
        {
            message = e.Message;
        }
        Assert.All([file, .. words], word => Assert.Contains(word, message));
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("""{ "size": "48" }""", "\"size\": --size '\"48\"' is wrong; it takes a whole number")]
    [InlineData("""{ "style-blend": [1, 2], "size": 48 }""", "\"style-blend\": --style-blend has 2 weights for 1 style")]
    [InlineData("""{ "mask-keep": "red" }""", "\"mask-keep\": --mask-keep says nothing without --content-mask")]
    [InlineData("{ \"size\": 1,\n size }", "--settings", "this is no JSON in line 2")]
    public void The_program_says_so_in_one_line(string json, params string[] words)
    {
        Write("run.json", json);
        Refused(["transfer", "--settings", "run.json", "content.png", "style.png", "-o", "out.png"], ["run.json", .. words]);
    }

    [Fact]
    public void Files_that_are_not_there()
    {
        Refused(["transfer", "--settings", "none.json"], "--settings none.json", "no such file");
        Refused(["transfer", "--settings", "."], "--settings .", "name a JSON file");
        Write("run.json", """{ "style": "style.png", "output": "out.png" }""");
        Refused(["transfer", "--settings", "run.json"], "'transfer' lacks CONTENT");
        Write("run.json", """{ "content": "none.png", "style": "style.png", "output": "out.png" }""");
        Refused(["transfer", "--settings", "run.json"], "cannot read 'none.png'", "no such file");
    }

    [Fact]
    public void Files_may_be_odd()
    {
        File.Copy(folder["content.png"], folder["-c=1.png"]);
        Write("run.json", """{ "content": "-c=1.png", "output": "o=p:q.png" }""");
        Run(["transfer", "--settings", "run.json", .. Options().Skip(2), "-o", "o=p:q.png"]).Refused("lacks STYLE");
        Write("run.json", """{ "content": "-c=1.png", "style": "style.png", "output": "o=p:q.png" }""");
        Run(["transfer", "--settings", "run.json", .. Options().Skip(2)]).Line();
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["o=p:q.png"]));
    }
}
