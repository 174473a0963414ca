#!/usr/bin/env dotnet
#:property RestorePackagesWithLockFile=false
#:property PublishAot=false

// Makes a grid of pictures: each line of PAIRS (a photograph and a painting, with a blank between) by each column, with scores and times.
// What is there already, made by the same options, is not made again.
//
//     dotnet run eng/grid.cs -- OUT --pairs PAIRS --size 512 [--gpustyle PATH] NAME="OPTIONS" NAME="OPTIONS"...
//
// such as motifs="" gram="--preset gram" polished="--preset gram --polish 25". OUT gets the pictures, scores.tsv and index.html.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

string program = "artifacts/bin/GpuStyle.Cli/release/gpustyle", pairsFile = "", size = "512";
string? outFolder = null;
var columns = new List<(string Name, string[] Options)>();
for (int i = 0; i < args.Length; i++)
    if (args[i] == "--pairs") pairsFile = args[++i];
    else if (args[i] == "--size") size = args[++i];
    else if (args[i] == "--gpustyle") program = args[++i];
    else if (args[i].IndexOf('=') is > 0 and var at)
        columns.Add((args[i][..at], args[i][(at + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    else outFolder = args[i];
if (outFolder is null || pairsFile == "" || columns.Count == 0)
{
    Console.Error.WriteLine("grid: give OUT, --pairs FILE and columns NAME=\"OPTIONS\"");
    return 2;
}
string folder = Directory.CreateDirectory(outFolder).FullName, besidePairs = Path.GetDirectoryName(Path.GetFullPath(pairsFile))!;
string[][] pairs = [.. File.ReadLines(pairsFile).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length == 2)
    .Select(w => w.Select(p => Path.GetFullPath(p, besidePairs)).ToArray())];
string[] scores =
[
    "contentFidelity", "structure", "contentDistance", "globalEffects", "localPatterns", "styleDistance", "toPainting", "fromPainting",
];
string[] finest = ["flat", "busy", "styleFlat", "styleBusy"];
var table = new StringBuilder($"photograph\tpainting\tcolumn\tseconds\t{string.Join('\t', scores.Concat(finest))}\n");
var page = new StringBuilder("<!doctype html><meta charset=utf-8><title>Grid</title>")
    .Append("<style>img{width:320px;display:block}td{vertical-align:top;font:12px sans-serif}</style>")
    .Append("<table><tr><th>photograph, painting");
foreach (var (name, options) in columns) page.Append($"<th title='{Html(string.Join(' ', options))}'>{Html(name)}");
foreach (string[] pair in pairs)
{
    string title = $"{Path.GetFileNameWithoutExtension(pair[0])}-{Path.GetFileNameWithoutExtension(pair[1])}";
    page.Append($"<tr><td>{Html(title)}");
    foreach (var (name, options) in columns)
    {
        string picture = Path.Combine(folder, $"{name}-{size}-{title}.png"), told = picture + ".json";
        string asked = string.Join(' ', [pair[0], pair[1], .. options]);
        if (!File.Exists(told) || (string?)JsonNode.Parse(File.ReadAllText(told))!["asked"] != asked)
        {
            var watch = Stopwatch.StartNew();
            Run(["transfer", pair[0], pair[1], "-o", picture, "--size", size, .. options]);
            double elapsed = watch.Elapsed.TotalSeconds;
            string[] against = ["--content", pair[0], "--style", pair[1], "--style-size", size];
            var made = JsonNode.Parse(Run(["evaluate", picture, .. against, "--scores", "--json"]))!;
            made["asked"] = asked;
            made["seconds"] = Math.Round(elapsed, 1);
            File.WriteAllText(told, made.ToJsonString());
        }
        var score = JsonNode.Parse(File.ReadAllText(told))!;
        string[] values = [.. scores.Select(s => Number(score[s]!)), .. finest.Select(f => Number(score["finest"]![f]!))];
        string seconds = Number(score["seconds"]!), file = Html(Path.GetFileName(picture));
        table.AppendJoin('\t', [Path.GetFileName(pair[0]), Path.GetFileName(pair[1]), name, seconds, .. values]).Append('\n');
        page.Append($"<td><a href='{file}'><img loading=lazy src='{file}'></a>{seconds} s; fidelity {values[0]}, ")
            .Append($"structure {values[1]}, effects {values[3]}, patterns {values[4]}, to {values[6]}, from {values[7]}");
    }
}
File.WriteAllText(Path.Combine(folder, "scores.tsv"), table.ToString());
File.WriteAllText(Path.Combine(folder, "index.html"), page.ToString());
Console.Write(table);
return 0;

string Run(string[] words)
{
    var start = new ProcessStartInfo(program, words) { RedirectStandardOutput = true };
    using var process = Process.Start(start)!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', words)} ended with {process.ExitCode}");
    return output;
}

static string Html(string text) => WebUtility.HtmlEncode(text);

static string Number(JsonNode value) => value.GetValue<double>().ToString("g4", CultureInfo.InvariantCulture);
