using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuStyle.Cli.Running;

namespace GpuStyle.Cli.Commands;

/// <summary><c>replay</c>: runs the settings that a picture carries again, with options that override them.</summary>
internal static class ReplayCommand
{
    /// <param name="making">
    /// The commands whose pictures can be made again; it takes the options of all of them, and their pictures by options.
    /// </param>
    public static Command Make(IReadOnlyList<Command> making)
    {
        var picture = new Argument<string>("PICTURE") { Description = "a picture that gpustyle has written" };
        var output = new Option<string?>("--output", "-o") { Description = "the picture to write [default: PICTURE's name with -again]", HelpName = "OUT" };
        var content = Values.Text("--content", "FILE", "another photograph");
        var style = new Option<string[]>("--style") { Description = "another painting, several times for several, or a folder", HelpName = "FILE" };
        var command = new Command("replay", "run the settings that PICTURE carries again; what is given here wins") { picture, output, content, style };
        foreach (var option in making.SelectMany(c => c.Options))
            if (command.Options.All(o => o.Name != option.Name)) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            string file = parsed.GetRequiredValue(picture);
            var record = new PictureRecord(file);
            var maker = making.FirstOrDefault(c => c.Name == record.Command) ?? throw record.Newer($"the command '{record.Command}'");
            foreach (var (key, _) in record.Options)
                if (SettingsKeys.Find(maker, key) is null) throw record.Newer($"the setting \"{key}\"");
            var options = (JsonObject)record.Options.DeepClone();
            List<string> arguments = [maker.Name];
            var given = new HashSet<string>();
            foreach (var symbol in command.Options)
            {
                if (symbol.Name == SettingsFile.OptionName || SettingsKeys.WordsOf(parsed, symbol) is not { } words) continue;
                string key = SettingsKeys.KeyOf(symbol);
                given.Add(key);
                switch (SettingsKeys.Find(maker, key))
                {
                    case null: throw new UserErrorException($"{symbol.Name} is no option of '{maker.Name}', which made {file}; leave it out.");
                    // It has its place among the arguments.
                    case Argument argument:
                        options[key] = SettingsKeys.FormOf(argument).Value([.. words.Select(PictureInputs.FullPath)]);
                        break;
                    case var option: arguments.AddRange(SettingsKeys.ArgumentsFor(option, words)); break;
                }
            }
            // What was taken of one device says nothing of another.
            bool elsewhere = given.Contains("device") && !SameDevice(command, parsed, record);
            if (elsewhere)
                foreach (string key in new[] { "precision", "shares" }) options.Remove(key);
            // Nor what memory or weights made the run choose of other memory and weights.
            bool anew = elsewhere || new[] { "size", "weights", "max-memory" }.Any(given.Contains);
            foreach (var (key, asked) in anew ? record.Asked : [])
                if (asked is null) options.Remove(key);
                else options[key] = asked.DeepClone();
            var kept = anew ? [] : record.Asked.Where(a => !given.Contains(a.Key)).Select(a => KeyValuePair.Create(a.Key, a.Value?.DeepClone()));
            string folder = Path.GetDirectoryName(file) ?? "";
            CheckFiles(file, folder, maker, record, given);
            if (!given.Contains("output")) arguments.Add($"--output={Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(file)}-again{Path.GetExtension(file)}")}");
            if (record.Lagged)
                Terminal.Say($"{file} was made with gradients that served several evaluations (--lag), as none do any more; "
                    + "the picture will differ a little.");
            if (record.Stopped is { } stopped) Terminal.Say($"{file} was saved after {RunProgress.Iterations(stopped)} of a run that went on or was interrupted; this is the whole run.");
            var values = SettingsFile.Of(file, folder, JsonSerializer.SerializeToElement(options));
            return CommandTree.Run([.. arguments], new Recorded(file, given.Contains("preset") ? null : record.Preset, given.Contains("weights") ? null : record.WeightsHash, values, new(kept)));
        });
        return command;
    }

    /// <summary>Whether the device that is asked for is the picture's one; several always count as others.</summary>
    static bool SameDevice(Command command, ParseResult parsed, PictureRecord record)
    {
        var device = command.Options.Single(o => SettingsKeys.KeyOf(o) == "device");
        return record.Options["device"] is JsonValue value && SettingsKeys.WordsOf(parsed, device) is [var word] && value.ToString() is var used && (used == word || used == $"{word}:0");
    }

    /// <summary>Says which files are gone, and which are others than they were.</summary>
    static void CheckFiles(string picture, string folder, Command maker, PictureRecord record, HashSet<string> given)
    {
        foreach (var (key, value) in record.Options)
        {
            if (given.Contains(key)) continue;
            var symbol = SettingsKeys.Find(maker, key)!;
            if (SettingsKeys.FormOf(symbol).Words(JsonSerializer.SerializeToElement(value)).Contains("-"))
                throw new UserErrorException($"{picture} was made from standard input, which is not kept; name the picture with --{key}.");
            foreach (string word in SettingsKeys.FormOf(symbol).Words(JsonSerializer.SerializeToElement(value)).SelectMany(w => SettingsKeys.FilesIn(maker, symbol, w, folder)))
            {
                string file = Path.Combine(folder, word);
                if (!Path.Exists(file)) throw new UserErrorException($"{picture} was made from {file}, which is not there; put it there, or name another with --{key}.");
                if (record.Files.TryGetValue(word, out string? hash) && RunRecord.HashOf(file) != hash) Terminal.Say($"{file} has changed since {picture} was made; the picture will be another.");
            }
        }
    }
}
