using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary>One value of what a sheet varies: its label, and the options that make it.</summary>
internal sealed record Variant(string Label, params (Symbol Option, string[] Words)[] Options);

/// <summary>What a sheet varies along one of its sides: <c>--vary OPTION=V1,V2,...</c>.</summary>
internal sealed record Variation(string Title, IReadOnlyList<Variant> Variants)
{
    /// <summary>Options that make no other picture, or where it goes.</summary>
    static readonly string[] Fixed = ["output", "quiet", "vary"];

    /// <summary>As a sheet draws it.</summary>
    public SheetAxis Axis => new(Title, [.. Variants.Select(v => v.Label)]);

    /// <summary>Whether it sets any of these options.</summary>
    public bool Sets(IEnumerable<Symbol> options) => Variants.SelectMany(v => v.Options).Any(o => options.Contains(o.Option));

    /// <summary>What the word behind --vary means. Without values some options have a figure of the paper's, and those that are one of a few words take all of these.</summary>
    /// <param name="text">Such as <c>style-weight=1,10,100</c>; with semicolons between values that have commas.</param>
    /// <param name="command">Whose options they are.</param>
    /// <param name="settings">What the run has otherwise.</param>
    public static Variation Parse(string text, Command command, ObjectiveSettings settings)
    {
        var (key, values) = VariedWord.Parse(text);
        var known = SettingsKeys.Of(command).OfType<Option>().Where(o => !Fixed.Contains(SettingsKeys.KeyOf(o))).ToList();
        if (known.Find(o => SettingsKeys.KeyOf(o) == key) is not { } option)
            throw new UserErrorException($"--vary {key}: there is no such option to vary{ParseProblems.Nearest(key, known.Select(SettingsKeys.KeyOf)) ?? "; 'gpustyle sheet --help' lists what there is."}");
        if (!text.Contains('=')) return new(key, Figure(key, option, command, settings));
        if (values.Length == 0) throw new UserErrorException($"--vary {text}: give its values, as in --vary style-weight=1,10,100.");
        return new(key, [.. values.Zip(Labels(option, values), (v, label) => new Variant(label, (option, [v])))]);
    }

    /// <summary>Files go by their names, wherever they are; those that share a name by their folder's, too.</summary>
    static IEnumerable<string> Labels(Option option, string[] values)
    {
        bool distinct = values.Select(Path.GetFileName).Distinct().Count() == values.Length;
        return values.Select(v => !SettingsKeys.IsFile(option, v, "") ? v : distinct ? Path.GetFileName(v) : Path.Combine(Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(v)))!, Path.GetFileName(v)));
    }

    static Variant[] Figure(string key, Option option, Command command, ObjectiveSettings settings)
    {
        if (key == "style-layers") return [.. Enumerable.Range(1, ObjectiveSettings.FiveBlocks.Count).Select(n => UpTo(option, n, settings))];
        if (key == "style-weight") return [.. new[] { 0.1, 1, 10, 100 }.Select(f => $"{settings.StyleWeight * f:g6}").Select(w => new Variant(w, (option, [w])))];
        if (key == "content-layers") return [.. new[] { "relu2_2", "relu4_2" }.Select(l => new Variant(l, (option, [l])))];
        if (key == "init")
        {
            var seed = SettingsKeys.Find(command, "seed")!;
            return [new("content", (option, ["content"])), new("style", (option, ["style"])), .. Enumerable.Range(0, 4).Select(s => new Variant($"noise, seed {s}", (option, ["noise"]), (seed, [$"{s}"])))];
        }
        var form = SettingsKeys.FormOf(option);
        if (form.Takes(JsonValueKind.True)) return [new("off", (option, ["false"])), new("on", (option, ["true"]))];
        if (form.Schema["enum"] is JsonArray words) return [.. words.Select(w => new Variant((string)w!, (option, [(string)w!])))];
        throw new UserErrorException($"--vary {key}: give its values, as in --vary {key}=V1,V2.");
    }

    /// <summary>The first n of the paper's style layers. Their weights add up to what they do in the run.</summary>
    static Variant UpTo(Option option, int n, ObjectiveSettings settings)
    {
        double weight = settings.StyleLayers.Sum(l => l.Weight) / n;
        var layers = ObjectiveSettings.FiveBlocks.Take(n).ToList();
        return new($"{(n > 1 ? "to " : "")}{layers[^1]}", (option, [.. layers.Select(l => $"{l}:{weight:r}")]));
    }
}
