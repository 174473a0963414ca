using System.CommandLine;
using System.Text.Json.Nodes;

namespace GpuStyle.Cli;

/// <summary>The JSON schema of settings files, made from the options of the commands that read them.</summary>
internal static class SettingsSchema
{
    public static JsonObject Of(Command root)
    {
        var properties = new JsonObject { ["$schema"] = new JsonObject { ["type"] = "string", ["description"] = "this schema's address, for editors" } };
        foreach (var key in SettingsKeys.Commands(root).SelectMany(SettingsKeys.Of).GroupBy(SettingsKeys.KeyOf)) properties[key.Key] = Property(key);
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "gpustyle settings",
            ["description"] = "Options and pictures of gpustyle's commands, by the options' names. A command takes the keys that it has; paths are relative to the file.",
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
    }

    /// <summary>A key that commands understand differently takes what any of them does.</summary>
    static JsonObject Property(IEnumerable<Symbol> symbols)
    {
        var property = new JsonObject { ["description"] = symbols.First().Description };
        var forms = symbols.Select(s => SettingsKeys.FormOf(s).Schema).DistinctBy(s => s.ToJsonString()).ToList();
        if (forms.Count > 1) property["anyOf"] = new JsonArray([.. forms.Select(f => f.DeepClone())]);
        else foreach (var (keyword, value) in forms[0]) property[keyword] = value?.DeepClone();
        return property;
    }
}
