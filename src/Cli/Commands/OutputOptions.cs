using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;

namespace GpuStyle.Cli.Commands;

/// <summary>The options of commands that make a picture.</summary>
/// <param name="required">Whether a picture is really made; <c>plan</c> takes the same options and writes nothing.</param>
internal sealed class OutputOptions(bool required = true)
{
    readonly Option<int?> bits = Values.Whole(
        "--bits", "bits per channel: 8 anywhere, 16 in .png and .tif, 10 or 12 in .avif [default: 8]", 8, 16);

    public Option<string?> Output { get; } = new("--output", "-o")
    {
        Description = "the picture to write: .png .jpg .webp .tif .avif; -: a PNG on standard output",
        HelpName = "OUT",
        Required = required,
    };
    public Option<string?> Trace { get; } = Values.Text(
        "--trace", "FILE.jsonl", "write the losses of every iteration, one JSON object a line; -: on standard output");
    public Option<int?> SaveEvery { get; } = Values.Whole(
        "--save-every", "also save the picture every N iterations, as OUT-0001.png and so on", 1);
    public Option<bool> Json { get; } = Values.Json("print the result as one JSON object");
    public Option<bool> NoSettings { get; } = WithoutSettings();
    public Option<bool> Quiet { get; } = new("--quiet") { Description = "no progress bar" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Output, bits, Trace, SaveEvery, NoSettings, Json, Quiet }) command.Options.Add(option);
    }

    /// <summary>Of every command that makes a picture.</summary>
    public static Option<bool> WithoutSettings() => new("--no-settings")
    {
        Description = "write the picture without its settings, and so without names and places of files: it cannot be replayed",
    };

    /// <summary>Where the picture goes.</summary>
    /// <exception cref="UserErrorException">
    /// It goes to standard output, which something else is to go to, or pictures beside it.
    /// </exception>
    public string Target(ParseResult parsed)
    {
        string target = OutputPicture.Of(parsed.GetRequiredValue(Output)!);
        if (!OutputPicture.IsStandard(target)) return target;
        bool traced = TraceFile.IsStandardOutput(TraceTo(parsed));
        if (traced || parsed.GetValue(Json))
        {
            string option = traced ? Trace.Name : Json.Name;
            throw new UserErrorException($"{option} prints on standard output, which has the picture with -o {target}; " +
                $"name a file for {(traced ? "one of the two" : "the picture")}, or leave {option} out.");
        }
        if (parsed.GetValue(SaveEvery) is not null)
            throw new UserErrorException($"{SaveEvery.Name} saves pictures beside that of -o, and -o {target} names no file; " +
                $"name one, or leave {SaveEvery.Name} out.");
        return target;
    }

    /// <summary>Where the losses go: a file, - for standard output, or null.</summary>
    public string? TraceTo(ParseResult parsed) => parsed.GetValue(Trace) is { } word ? OutputPicture.Of(word) : null;

    public SaveOptions Save(ParseResult parsed) => new() { Bits = parsed.GetValue(bits) ?? 8 };
}
