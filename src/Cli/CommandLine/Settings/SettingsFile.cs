using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using GpuStyle.Files;
using GpuStyle.Imaging;

namespace GpuStyle.Cli;

/// <summary>
/// Options and arguments from a JSON file, for the commands that have <c>--settings</c>. They join the command line as words, behind what
/// stands there: one table of options serves both.
/// </summary>
internal sealed class SettingsFile
{
    public const string OptionName = "--settings";

    readonly string name;
    readonly Dictionary<string, JsonElement> values = [];

    /// <summary>Keys that the command took from here.</summary>
    readonly List<Symbol> taken = [];

    /// <param name="name">What the values come from, for messages.</param>
    /// <param name="folder">Where the files lie that values name.</param>
    /// <param name="json">An object of keys and values.</param>
    SettingsFile(string name, string folder, JsonElement json)
    {
        (this.name, Folder) = (name, folder);
        foreach (var member in json.EnumerateObject())
            if (member.Name != "$schema") values.Add(member.Name, member.Value);
    }

    string Folder { get; }

    /// <summary>Lets a command read its options from a file.</summary>
    public static void AddTo(Command command) =>
        command.Options.Add(Values.Text(OptionName, "FILE.json", "options and pictures from a file, by their names here; what is given here wins ('gpustyle settings --schema' describes the file)"));

    /// <summary>The command line with what a settings file adds, if it names one.</summary>
    /// <exception cref="UserErrorException">The file cannot be read, is no JSON object, or holds what no command knows.</exception>
    public static (string[] Arguments, SettingsFile? File) Join(string[] arguments, ParseResult parsed)
    {
        if (parsed.CommandResult.Command.Options.FirstOrDefault(o => o.Name == OptionName) is not Option<string?> option) return (arguments, null);
        if (parsed.GetResult(option) is not { Tokens: [var path] }) return (arguments, null);
        var file = Read(path.Value);
        file.CheckKeys(SettingsKeys.Commands(parsed.RootCommandResult.Command));
        return (file.Join(parsed, arguments), file);
    }

    /// <summary>A message about an option says so if its value comes from here.</summary>
    public string Blame(string message) => taken.Find(s => s is Option && Regex.IsMatch(message, $"(?<![-a-z]){s.Name}(?![-a-z])")) is { } symbol ? $"{name}, \"{SettingsKeys.KeyOf(symbol)}\": {message}" : message;

    /// <summary>Values from elsewhere than a settings file, as if they stood in one.</summary>
    public static SettingsFile Of(string name, string folder, JsonElement json) => new(name, folder, json);

    /// <summary>Every key is one that some command knows.</summary>
    void CheckKeys(IEnumerable<Command> commands)
    {
        var known = commands.SelectMany(SettingsKeys.Of).Select(SettingsKeys.KeyOf).ToHashSet();
        foreach (string key in values.Keys)
            if (!known.Contains(key)) throw new UserErrorException($"{name}: there is no setting \"{key}\"{ParseProblems.Nearest(key, known) ?? "; 'gpustyle settings --schema' lists what there is."}");
    }

    /// <summary>
    /// The command line with the values that it does not give itself: options before its own words, arguments behind them.
    /// </summary>
    public string[] Join(ParseResult parsed, string[] arguments)
    {
        var command = parsed.CommandResult.Command;
        int behind = Array.IndexOf(arguments, command.Name) + 1;
        var options = new List<string>();
        var last = new List<string>();
        bool complete = true;
        foreach (var symbol in SettingsKeys.Of(command))
        {
            bool given = SettingsKeys.WordsOf(parsed, symbol) is not null, here = values.ContainsKey(SettingsKeys.KeyOf(symbol));
            if (symbol is Option && !given && here) options.AddRange(Take(command, symbol));
            // An argument has its place by those before it.
            if (symbol is Argument && !given && here && complete) last.AddRange(Take(command, symbol));
            complete &= given || here || symbol is Option;
        }
        string[] own = arguments[behind..];
        return [.. arguments[..behind], .. options, .. own, .. last.Count == 0 || own.Contains("--") ? [] : new[] { "--" }, .. last];
    }

    IEnumerable<string> Take(Command command, Symbol symbol)
    {
        var value = values[SettingsKeys.KeyOf(symbol)];
        var form = SettingsKeys.FormOf(symbol);
        if (form.Plain is { } plain && !form.Fits(value)) throw new UserErrorException($"{name}, \"{SettingsKeys.KeyOf(symbol)}\": {symbol.Name} '{value.GetRawText()}' is wrong; it takes {plain}.");
        string[] words = form.Words(value);
        if (words.Length == 0 || words.Contains("")) throw new UserErrorException($"{name}, \"{SettingsKeys.KeyOf(symbol)}\": {symbol.Name} is empty; give a value, or leave it out.");
        taken.Add(symbol);
        return SettingsKeys.ArgumentsFor(symbol, [.. words.Select(w => SettingsKeys.WithFiles(command, symbol, w, Folder, (_, file) => Path.Combine(Folder, file)))]);
    }

    static SettingsFile Read(string path)
    {
        try
        {
            if (path == "-" && !PictureFile.HasStandardInput) throw new UserErrorException($"{OptionName} -: standard input is closed; name a JSON file.");
            string text = path == "-" ? new StreamReader(Console.OpenStandardInput()).ReadToEnd() : File.ReadAllText(path);
            using var json = JsonDocument.Parse(text, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw new UserErrorException($"{OptionName} {path}: this is no JSON object; write {{ \"size\": 512, ... }}.");
            // What comes through a pipe has no folder of its own.
            string folder = path != "-" && FilePlace.Of(path).IsPlain ? Path.GetDirectoryName(path) ?? "" : "";
            return new(path, folder, json.RootElement.Clone());
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException($"{OptionName} {path}: there is no such file; check the name.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException($"{OptionName} {path}: cannot be read ({e.Message.TrimEnd('.')}); name a JSON file.");
        }
        catch (JsonException e)
        {
            string place = e.LineNumber is { } line ? $" in line {line + 1}" : "";
            throw new UserErrorException($"{OptionName} {path}: this is no JSON{place} ({e.Message.Split(" Path:")[0].Split(" LineNumber:")[0].TrimEnd('.')}); correct it.");
        }
    }
}
