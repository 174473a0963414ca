using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands.Weights;

/// <summary><c>weights list</c>: a table of the published files, or everything about one of them.</summary>
internal static class ListCommand
{
    public static Command Make()
    {
        var name = new Argument<string?>("NAME") { Description = "one of the names, for all that is known of it: address, whole hash, training", Arity = ArgumentArity.ZeroOrOne };
        var json = Values.Json("print JSON");
        var command = new Command("list", "the published files that are known, and what is in the cache folder") { name, json };
        command.SetAction(parsed =>
        {
            var store = WeightsCommand.Store();
            var rows = store.List();
            if (parsed.GetValue(name) is { } wanted)
            {
                rows = [.. rows.Where(r => string.Equals(r.File.Name, wanted, StringComparison.OrdinalIgnoreCase))];
                if (rows.Count == 0) throw new UserErrorException($"'{wanted}' is no known weight file; use one of {string.Join(", ", store.List().Select(r => r.File.Name))}.");
                if (!parsed.GetValue(json)) Print(rows[0].File, rows[0].Path);
            }
            else if (!parsed.GetValue(json)) Print(store.Folder, rows);
            if (parsed.GetValue(json)) Console.WriteLine(Json.Page(rows.Select(Row)));
            return CommandTree.Done;
        });
        return command;
    }

    static object Row((KnownWeightFile File, string? Path) row)
    {
        var (file, path) = row;
        return new { file.Name, file.FileName, file.Publisher, file.Addresses, file.Container, file.Licence, file.Note, file.Bytes, hash = file.Hash?.ToString(), readable = file.IsReadable, downloadable = file.IsDownloadable, isDefault = file == KnownWeights.Default, path };
    }

    static void Print(string folder, IReadOnlyList<(KnownWeightFile File, string? Path)> rows)
    {
        Console.WriteLine($"cache folder: {folder}");
        Console.WriteLine();
        string[][] table =
        [
            ["name", "publisher", "size", "hash", "licence", "state"],
            .. rows.Select(r => new[] { r.File.Name, r.File.Publisher, WeightsCommand.Size(r.File.Bytes), Short(r.File.Hash), r.File.Licence, State(r.File, r.Path) }),
            [WeightStore.BuiltIn, "made in code", "", "", "", "here"],
        ];
        int[] widths = [.. Enumerable.Range(0, table[0].Length).Select(c => table.Max(row => row[c].Length))];
        foreach (var row in table)
            Console.WriteLine(string.Join("  ", row.Select((cell, c) => c == 2 ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]))).TrimEnd());
        Console.WriteLine();
        Console.WriteLine("'weights get NAME' downloads a file, 'weights get NAME --from FILE' takes it from this machine; 'weights list NAME' tells more.");
    }

    static string State(KnownWeightFile file, string? path) =>
        path is not null ? "here"
        : !file.IsReadable ? $"not read ({file.Container})"
        : !file.IsDownloadable ? "by hand: no hash is published"
        : file == KnownWeights.Default ? "can be got; the default"
        : "can be got";

    static string Short(PublishedHash? hash) => hash is null ? "" : (hash with { Hex = hash.Hex[..Math.Min(8, hash.Hex.Length)] }).ToString();

    static void Print(KnownWeightFile file, string? path)
    {
        Console.WriteLine($"name       {file.Name}");
        Console.WriteLine($"file       {file.FileName}");
        Console.WriteLine($"publisher  {file.Publisher}");
        foreach (var address in file.Addresses) Console.WriteLine($"address    {address}");
        Console.WriteLine($"size       {(file.Bytes is { } bytes ? $"{bytes:n0} bytes" : "not known exactly")}");
        Console.WriteLine($"hash       {file.Hash?.ToString() ?? (file.HashHeader is null ? "none is published" : $"the publisher's server names it ({file.HashHeader})")}");
        Console.WriteLine($"container  {file.Container}{(file.IsReadable ? "" : ", which this version does not read")}");
        Console.WriteLine($"licence    {file.Licence}");
        Console.WriteLine($"training   {file.Note}");
        Console.WriteLine($"here       {path ?? "no"}");
    }
}
