using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands.Weights;

/// <summary><c>weights inspect</c>: everything about one file.</summary>
internal static class InspectCommand
{
    const int MostTexts = 8, LongestLine = 240;

    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "a weight file" };
        var json = Values.Json("print JSON");
        var command = new Command("inspect", "what a file holds, which published file it is, and what it lacks") { file, json };
        command.SetAction(parsed =>
        {
            var found = WeightFile.Inspect(parsed.GetRequiredValue(file));
            if (parsed.GetValue(json)) Console.WriteLine(Json.Page(found));
            else Print(found);
            if (found.Problem is { } problem) Console.Error.WriteLine("gpustyle: " + problem);
            return found.Problem is null ? CommandTree.Done : CommandTree.WrongInput;
        });
        return command;
    }

    static void Print(WeightInspection found)
    {
        Console.WriteLine($"{found.Path}: {found.Container}, {found.Bytes:n0} bytes");
        Console.WriteLine($"SHA-256  {found.Sha256}");
        Console.WriteLine($"known    {(found.Known is { } known ? $"{known.Name}, published by {known.Publisher} ({known.Licence}), by its {known.Hash}" : "no: its hash is none of 'weights list'")}");
        if (found.Names is { } names) Console.WriteLine($"names    {names}");
        if (found.Layers.Count > 0) Console.WriteLine($"layers   {found.Layers.Count} of {VggLayers.All.Count} convolutions: {found.Layers[0]} to {found.Layers[^1]}");
        if (found.Input is { } input) Console.WriteLine($"input    {WeightsCommand.Describe(input)}; {found.InputReason}");
        foreach (var (key, text) in found.Metadata.Take(MostTexts)) Console.WriteLine(Plain($"text     {key}: {text}"));
        if (found.Metadata.Count > MostTexts) Console.WriteLine($"         and {found.Metadata.Count - MostTexts} more texts, which --json shows");
        if (found.MissingForConv5_4.Count > 0 && found.Tensors.Count > 0) Console.WriteLine($"missing  {string.Join(", ", Shortened(found.MissingForConv5_4))}");
        int width = Math.Min(48, found.Tensors.Select(t => t.Name.Length).DefaultIfEmpty().Max());
        foreach (var t in found.Tensors)
            Console.WriteLine($"  {Plain(t.Name).PadRight(width)}  {t.Type,-4} {$"[{string.Join(", ", t.Shape)}]",-18}{(t.Statistics is { } s ? $"  {s.Minimum:g4} to {s.Maximum:g4}, mean {s.Mean:g4}, deviation {s.Deviation:g4}{(s.NonFinite > 0 ? $", {s.NonFinite} not finite" : "")}" : "")}");
    }

    /// <summary>Layers of which everything is missing by their names alone.</summary>
    static IEnumerable<string> Shortened(IReadOnlyList<string> missing) => missing.GroupBy(name => name.Split('.')[0])
        .SelectMany(layer => layer.Count() == 2 ? [layer.Key] : layer.AsEnumerable());

    /// <summary>What a file says goes to the terminal without its control characters, and not at any length.</summary>
    static string Plain(string text) => string.Concat(text.Take(LongestLine).Select(c => char.IsControl(c) ? '?' : c)) + (text.Length > LongestLine ? "..." : "");
}
