using System.CommandLine;

namespace GpuStyle.Cli.Commands;

/// <summary>The options of commands that make a picture.</summary>
internal sealed class OutputOptions
{
    public Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "the picture to write: .png .jpg .webp .tif .avif",
        HelpName = "OUT",
        Required = true,
    };
    public Option<int?> Bits { get; } = Values.Whole("--bits", "bits per channel of the result: 8, or 16 in PNG and TIFF", 8, 16);
    public Option<string?> Trace { get; } = Values.Text("--trace", "FILE.jsonl", "write the losses of every iteration, one JSON object a line");
    public Option<int?> SaveEvery { get; } = Values.Whole("--save-every", "also save the picture every N iterations, as OUT-0001.png and so on", 1);
    public Option<bool> Json { get; } = new("--json") { Description = "print the result as one JSON object" };
    public Option<bool> Quiet { get; } = new("--quiet") { Description = "no progress bar" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Output, Bits, Trace, SaveEvery, Json, Quiet }) command.Options.Add(option);
    }
}
