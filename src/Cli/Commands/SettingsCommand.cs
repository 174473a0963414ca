using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuStyle.Cli.Running;

namespace GpuStyle.Cli.Commands;

/// <summary><c>settings</c>: those that a picture carries, as a settings file; or what such a file may hold.</summary>
internal static class SettingsCommand
{
    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Make()
    {
        var picture = new Argument<string?>("PICTURE") { Description = "a picture that gpustyle has written", Arity = ArgumentArity.ZeroOrOne };
        var schema = new Option<bool>("--schema") { Description = "print the JSON schema of settings files" };
        var command = new Command("settings", "print the options that made PICTURE, as a file for --settings in its folder") { picture, schema };
        command.SetAction(parsed =>
        {
            JsonNode page = parsed.GetValue(schema) ? SettingsSchema.Of(CommandTree.Root())
                : new PictureRecord(parsed.GetValue(picture) ?? throw new UserErrorException("'settings' lacks PICTURE: a picture that gpustyle has written; or --schema.")).Options;
            Console.WriteLine(page.ToJsonString(Readable));
            return CommandTree.Done;
        });
        return command;
    }
}
