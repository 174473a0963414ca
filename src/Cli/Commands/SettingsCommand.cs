using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GpuStyle.Cli.Commands;

/// <summary><c>settings</c>: what a settings file may hold.</summary>
internal static class SettingsCommand
{
    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Make()
    {
        var schema = new Option<bool>("--schema") { Description = "print the JSON schema of settings files", Required = true };
        var command = new Command("settings", "what a file for --settings may hold") { schema };
        command.SetAction(_ =>
        {
            Console.WriteLine(SettingsSchema.Of(CommandTree.Root()).ToJsonString(Readable));
            return CommandTree.Done;
        });
        return command;
    }
}
