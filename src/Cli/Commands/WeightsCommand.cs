using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands;

/// <summary><c>weights</c>: what weight files are known and here; downloading, inspecting and converting them.</summary>
internal static class WeightsCommand
{
    static readonly Option<bool> AsJson = Values.Json("print JSON");

    public static Command Make() => new("weights", "VGG-19 weight files: list, get, inspect, convert") { List(), Get(), Inspect(), Convert() };

    static Command List()
    {
        var command = new Command("list", "the published files that are known, and what is in the cache folder") { AsJson };
        command.SetAction(parsed =>
        {
            var store = Store();
            var rows = store.List();
            if (parsed.GetValue(AsJson))
            {
                Console.WriteLine(Json.Page(rows.Select(r => new { r.File.Name, r.File.FileName, r.File.Publisher, r.File.Addresses, r.File.Container, r.File.Licence, r.File.Note, r.File.Bytes, hash = r.File.Hash?.ToString(), readable = r.File.IsReadable, path = r.Path })));
                return CommandTree.Done;
            }
            Console.WriteLine($"cache folder: {store.Folder}");
            foreach (var (file, path) in rows)
                Console.WriteLine($"{file.Name,-26}{(path is not null ? "here" : file.IsReadable ? "can be got" : "not read yet"),-14}{(file.Bytes is { } b ? $"{b / 1e6:f0} MB" : "?"),8}  {file.Container}, {file.Licence}: {file.Note}");
            Console.WriteLine($"{WeightStore.BuiltIn,-26}{"here",-14}{"",8}  made in code, needs no file");
            return CommandTree.Done;
        });
        return command;
    }

    static Command Get()
    {
        var name = new Argument<string>("NAME") { Description = "a name from 'weights list'" };
        var command = new Command("get", "download a known file into the cache folder: resumed where it broke off, its hash checked") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var bar = new DownloadBar();
            Console.WriteLine(await Store().GetAsync(parsed.GetRequiredValue(name), bar, cancellation).ConfigureAwait(false));
            return CommandTree.Done;
        });
        return command;
    }

    static Command Inspect()
    {
        var file = new Argument<string>("FILE") { Description = "a weight file" };
        var command = new Command("inspect", "what a file holds, which published file it is, and what it lacks") { file, AsJson };
        command.SetAction(parsed =>
        {
            var found = WeightFile.Inspect(parsed.GetRequiredValue(file));
            if (parsed.GetValue(AsJson)) Console.WriteLine(Json.Page(found));
            else Print(found);
            if (found.Problem is { } problem) Console.Error.WriteLine("gpustyle: " + problem);
            return found.Problem is null ? CommandTree.Done : CommandTree.WrongInput;
        });
        return command;
    }

    static Command Convert()
    {
        var file = new Argument<string>("FILE") { Description = "a weight file" };
        var output = new Option<string>("--output", "-o") { Description = "canonical safetensors, float32", HelpName = "OUT.safetensors", Required = true };
        var command = new Command("convert", "write a file's VGG-19 convolutions in canonical form") { file, output };
        command.SetAction(parsed =>
        {
            var weights = WeightFile.Load(parsed.GetRequiredValue(file));
            WeightFile.Save(parsed.GetRequiredValue(output), weights);
            Console.WriteLine($"{parsed.GetRequiredValue(output)}: {weights.Layers.Count} convolutions, {weights.Layers[0].Name} to {weights.Layers[^1].Name}");
            return CommandTree.Done;
        });
        return command;
    }

    static void Print(WeightInspection found)
    {
        Console.WriteLine($"{found.Path}: {found.Container}, {found.Bytes:n0} bytes");
        Console.WriteLine($"sha256 {found.Sha256}{(found.Known is { } known ? $", which is {known.Name}" : "")}");
        if (found.Input is { } input) Console.WriteLine($"names {found.Names}; input {input.Order}, mean {string.Join(' ', input.Mean)}, scale {string.Join(' ', input.Scale)}");
        foreach (var t in found.Tensors)
            Console.WriteLine($"  {t.Name,-24} {t.Type,-4} [{string.Join(", ", t.Shape)}]{(t.Statistics is { } s ? $"  {s.Minimum:g4} to {s.Maximum:g4}, mean {s.Mean:g4}, deviation {s.Deviation:g4}{(s.NonFinite > 0 ? $", {s.NonFinite} not finite" : "")}" : "")}");
        if (found.MissingForConv5_4.Count > 0) Console.WriteLine($"missing: {string.Join(", ", found.MissingForConv5_4)}");
    }

    static WeightStore Store() => new(new WeightStoreOptions { Announce = Terminal.Say });
}
