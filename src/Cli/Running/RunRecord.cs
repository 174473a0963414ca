using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using GpuStyle.Files;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>
/// What a picture carries of the run that made it, enough to run it again. <see cref="Options"/> is a settings file, relative to the
/// picture's folder. The preset is there with its figures, so that a later version's others do not change what is run; so is what the run
/// chose by itself, such as the device.
/// </summary>
internal sealed record RunRecord
{
    /// <summary>What this version writes. A version reads its own and older ones.</summary>
    public const int Newest = 3;

    /// <summary>Options that say nothing about the picture.</summary>
    public static readonly string[] Aside = ["output", "trace", "save-every", "no-settings", "json", "quiet"];

    /// <summary>The command.</summary>
    public required string Command { get; init; }

    /// <summary>Of the program.</summary>
    public string Version { get; init; } = Versions.Own;

    /// <summary>How this record is to be read.</summary>
    public int Format { get; init; } = Newest;

    /// <summary>Iterations done, if the picture was saved before the last.</summary>
    public int? Stopped { get; init; }

    /// <summary>
    /// The picture's losses, if it is what its run has ended with: before the picture was rounded to the file's bits and, with colors
    /// kept, before it took these.
    /// </summary>
    public Losses? Losses { get; init; }

    /// <summary>What to give the command.</summary>
    public required JsonObject Options { get; init; }

    /// <summary>
    /// Of the options that memory or weights made the run choose, what was asked for; null where nothing was. Another size, device or
    /// network chooses anew.
    /// </summary>
    public JsonObject Asked { get; init; } = [];

    /// <summary>What the options override.</summary>
    public required Preset Preset { get; init; }

    /// <summary>The network, for people.</summary>
    public required string Weights { get; init; }

    /// <summary>The network (<see cref="WeightsLoader.VggWeights.Hash"/>); null if there were several.</summary>
    public required string? WeightsHash { get; init; }

    /// <summary>The devices, for people.</summary>
    public required string Device { get; init; }

    /// <summary>The SHA-256 of the pictures among the options.</summary>
    public Dictionary<string, string> Files { get; init; } = [];

    /// <summary>Every figure that the run had, for people.</summary>
    public TransferSettings? Settings { get; init; }

    /// <summary>The record of a run that is about to begin.</summary>
    /// <param name="parsed">Its command line.</param>
    /// <param name="target">The picture that will carry it.</param>
    /// <param name="place">Where it runs.</param>
    /// <param name="preset">What its options override.</param>
    /// <param name="settings">What they came to.</param>
    /// <param name="chosen">What the run takes without being asked, or otherwise than asked.</param>
    public static RunRecord Of(ParseResult parsed, string target, Workplace place, Preset preset, TransferSettings settings, IReadOnlyDictionary<Symbol, string> chosen)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(target))!;
        var options = new JsonObject();
        var files = new Dictionary<string, string>();
        foreach (var symbol in SettingsKeys.Of(parsed.CommandResult.Command).Where(s => !Aside.Contains(SettingsKeys.KeyOf(s))))
        {
            string[]? words = chosen.TryGetValue(symbol, out string? word) ? SettingsKeys.Apart(symbol, word) : SettingsKeys.WordsOf(parsed, symbol);
            if (words is null) continue;
            words = [.. words.Select(w => SettingsKeys.WithFiles(parsed.CommandResult.Command, symbol, w, "", FromFolder))];
            options[SettingsKeys.KeyOf(symbol)] = SettingsKeys.FormOf(symbol).Value(words);
        }
        return new()
        {
            Command = parsed.CommandResult.Command.Name,
            Options = options,
            Preset = preset,
            Weights = place.Weights.Source,
            WeightsHash = place.WeightsHash,
            Device = place.Devices.Name,
            Files = files,
            Settings = settings,
        };

        string FromFolder(Symbol symbol, string file)
        {
            // Nothing can be read from a pipe again.
            if (File.Exists(file) && !FilePlace.Of(file).IsPlain) return "-";
            string relative = Path.GetRelativePath(folder, Path.GetFullPath(file)).Replace(Path.DirectorySeparatorChar, '/');
            // Weights have a hash of their own.
            if (!SettingsKeys.MayBeName(symbol) && HashOf(file) is { } hash) files[relative] = hash;
            return relative;
        }
    }

    /// <summary>Of a file, or of the files in a folder; null for what cannot be read.</summary>
    public static string? HashOf(string path)
    {
        try
        {
            if (!Directory.Exists(path)) return File.Exists(path) ? HashOfFile(path) : null;
            string all = string.Concat(StyleOptions.InFolder(path).Select(f => $"{Path.GetFileName(f)} {HashOfFile(f)}\n"));
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserErrorException or PictureException)
        {
            return null;
        }
    }

    static string HashOfFile(string path)
    {
        using var file = File.OpenRead(PictureFile.Local(path));
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
