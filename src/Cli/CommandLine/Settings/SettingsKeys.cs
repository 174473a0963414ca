using System.CommandLine;
using GpuStyle.Cli.Running;

namespace GpuStyle.Cli;

/// <summary>
/// The keys of a settings file: an option's long name without dashes, an argument's name in small letters. There is no other list of them.
/// </summary>
internal static class SettingsKeys
{
    /// <summary>Placeholders that stand for files and folders.</summary>
    static readonly string[] Files = ["FILE", "OUT", "PATH", "FOLDER"];

    /// <summary>A symbol's key.</summary>
    public static string KeyOf(Symbol symbol) => symbol is Option ? symbol.Name.TrimStart('-') : symbol.Name.ToLowerInvariant();

    /// <summary>A command's arguments and options, in their order, but for the option that names a settings file.</summary>
    public static IEnumerable<Symbol> Of(Command command) => [.. command.Arguments, .. command.Options.Where(o => o.Name != SettingsFile.OptionName && o.Action is null)];

    /// <summary>The argument or option of this key; null if the command has none.</summary>
    public static Symbol? Find(Command command, string key) => Of(command).FirstOrDefault(s => KeyOf(s) == key);

    /// <summary>Commands that read settings files.</summary>
    public static IEnumerable<Command> Commands(Command root) => root.Subcommands.Where(c => c.Options.Any(o => o.Name == SettingsFile.OptionName));

    /// <summary>How a symbol's value is written.</summary>
    public static JsonForm FormOf(Symbol symbol) => symbol switch
    {
        IValueOption option => option.Form,
        Option option => JsonForm.Of(option.ValueType),
        Argument argument => JsonForm.Of(argument.ValueType),
        _ => throw new ArgumentException($"{symbol.Name} takes no value"),
    };

    /// <summary>A symbol's words on a command line, those of a list apart; null where it is not given.</summary>
    public static string[]? WordsOf(ParseResult parsed, Symbol symbol) => symbol switch
    {
        Option option when parsed.GetResult(option) is { Implicit: false } given => given.Tokens.Count == 0 ? ["true"] : Several(option) ? Values(given) : Apart(option, given.Tokens[0].Value),
        Argument argument when parsed.GetResult(argument) is { Tokens.Count: > 0 } given => Values(given),
        _ => null,
    };

    /// <summary>Words for a command line that give a symbol this value.</summary>
    public static IEnumerable<string> ArgumentsFor(Symbol symbol, string[] words) => symbol switch
    {
        Option option when !Several(option) => [$"{option.Name}={string.Join(',', words)}"],
        Option option => words.Select(w => $"{option.Name}={w}"),
        _ => words,
    };

    /// <summary>
    /// Whether a word names a file or folder, as the symbol's placeholder says. A word that may be a name is one unless it looks like a
    /// path or such a file is in the folder.
    /// </summary>
    public static bool IsFile(Symbol symbol, string word, string folder)
    {
        if (word == OutputPicture.Standard) return false;
        if (symbol is not Option option) return true;
        string[] forms = (option.HelpName ?? "").Split('|');
        if (!forms.Any(f => Files.Contains(f.Split('.')[0])) || forms.Contains(word)) return false;
        return !MayBeName(symbol) || word.Contains('/') || word.Contains(Path.DirectorySeparatorChar) || Path.Exists(Path.Combine(folder, word));
    }

    /// <summary>
    /// A symbol's word with every file in it replaced; the values of <c>--vary</c> are files where those of the option that it varies are.
    /// </summary>
    public static string WithFiles(Command command, Symbol symbol, string word, string folder, Func<Symbol, string, string> replace)
    {
        if (KeyOf(symbol) != "vary") return IsFile(symbol, word, folder) ? replace(symbol, word) : word;
        var varied = VariedWord.Parse(word);
        if (varied.Values.Length == 0 || Find(command, varied.Key) is not { } option) return word;
        return $"{varied with { Values = [.. varied.Values.Select(v => WithFiles(command, option, v, folder, replace))] }}";
    }

    /// <summary>The files in a symbol's word.</summary>
    public static IReadOnlyList<string> FilesIn(Command command, Symbol symbol, string word, string folder)
    {
        var files = new List<string>();
        WithFiles(command, symbol, word, folder, (_, file) =>
        {
            files.Add(file);
            return file;
        });
        return files;
    }

    /// <summary>Whether a name of something known may stand where a file may.</summary>
    public static bool MayBeName(Symbol symbol) => symbol is Option { HelpName: { } form } && form.Split('|').Contains("NAME");

    /// <summary>Given several times for several values, not once with commas between.</summary>
    static bool Several(Option option) => option.Arity.MaximumNumberOfValues > 1;

    /// <summary>The parts of a value with commas between, if it is a list.</summary>
    public static string[] Apart(Symbol symbol, string text) => FormOf(symbol).Takes(System.Text.Json.JsonValueKind.Array) ? text.Split(',', StringSplitOptions.TrimEntries) : [text];

    static string[] Values(System.CommandLine.Parsing.SymbolResult given) => [.. given.Tokens.Select(t => t.Value)];
}
