using System.CommandLine;
using System.CommandLine.Parsing;

namespace GpuStyle.Cli;

/// <summary>What is wrong with a command line, in one line that names the word and says what to do.</summary>
internal static class ParseProblems
{
    /// <summary>The first problem, or null. Asking for help or the version is none.</summary>
    public static string? Find(ParseResult parsed)
    {
        var result = parsed.CommandResult;
        if (parsed.Errors.Count == 0 && parsed.Action != result.Command.Action) return null;
        string? problem = UnknownCommand(parsed) ?? UnknownOption(parsed) ?? Missing(result);
        if (problem is null && parsed.Errors is [var error, ..]) problem = Explain(error, parsed);
        return problem is null ? null : $"{problem} ('{PathOf(result)} --help' lists what there is.)";
    }

    /// <summary>An option that lacks its value because another option stands where that should; null if there is none.</summary>
    public static string? Lacking(ParseResult parsed, IReadOnlyList<string> words)
    {
        var options = parsed.CommandResult.Command.Options;
        for (int i = 0; i + 1 < words.Count && words[i] != "--"; i++)
            if (options.FirstOrDefault(o => o.Arity.MinimumNumberOfValues > 0 && (o.Name == words[i] || o.Aliases.Contains(words[i]))) is { } option && IsOption(words[i + 1]))
                return $"{Lacks(option, $", since {words[i + 1]} follows")} ('{PathOf(parsed.CommandResult)} --help' lists what there is.)";
        return null;

        // A file of such a name can be given as ./--name.
        bool IsOption(string word) => word.StartsWith("--", StringComparison.Ordinal) || options.Any(o => o.Aliases.Any(a => word == a || word.StartsWith($"{a}=", StringComparison.Ordinal)));
    }

    static string Lacks(Option option, string why = "") => $"{option.Name} lacks its value {option.HelpName}{why}: {option.Description}.";

    /// <summary>A word that begins with a dash and became an argument, since no option has that name.</summary>
    static string? UnknownOption(ParseResult parsed)
    {
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens);
        var taken = parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash).ToHashSet(ReferenceEqualityComparer.Instance);
        string? word = arguments.Where(taken.Contains).Select(t => t.Value).Concat(parsed.UnmatchedTokens).FirstOrDefault(w => w.Length > 1 && w[0] == '-');
        if (word is null) return null;
        string name = word.Split('=', ':')[0];
        var known = parsed.CommandResult.Command.Options.SelectMany(o => o.Aliases.Prepend(o.Name));
        return $"There is no option {name}{Nearest(name, known) ?? "."}";
    }

    static string? UnknownCommand(ParseResult parsed)
    {
        var names = parsed.CommandResult.Command.Subcommands.Select(c => c.Name).ToList();
        // Options of a command that is misspelt are unknown for that alone.
        if (names.Count == 0 || parsed.UnmatchedTokens is not [var word, ..] || word is ['-', ..]) return null;
        return $"There is no command '{word}'{Nearest(word, names) ?? $": use one of {string.Join(", ", names)}."}";
    }

    static string? Missing(CommandResult result)
    {
        var command = result.Command;
        if (command.Subcommands.Count > 0) return $"The command is missing: use one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}.";
        foreach (var argument in command.Arguments)
            if ((result.GetResult(argument)?.Tokens.Count ?? 0) < argument.Arity.MinimumNumberOfValues)
                return $"'{command.Name}' lacks {argument.Name}: {argument.Description}.";
        foreach (var option in command.Options)
            if (option.Required && result.GetResult(option) is null or { IdentifierTokenCount: 0 })
                return $"'{command.Name}' lacks {Shortest(option)} {option.HelpName}: {option.Description}.";
        return null;
    }

    static string Explain(ParseError error, ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is [var word, ..]) return $"'{word}' is one word too many.";
        var symbol = error.SymbolResult is ArgumentResult { Parent: OptionResult parent } ? parent : error.SymbolResult;
        return symbol switch
        {
            OptionResult { Tokens.Count: 0 } option when option.Option.Arity.MinimumNumberOfValues > 0 => Lacks(option.Option),
            OptionResult { IdentifierTokenCount: > 1 } option => $"{option.Option.Name} is given {option.IdentifierTokenCount} times; give it once.",
            _ => error.Message,
        };
    }

    static string PathOf(SymbolResult? result) => result is CommandResult command
        ? (command.Parent is null ? "gpustyle" : $"{PathOf(command.Parent)} {command.Command.Name}")
        : "";

    static string Shortest(Option option) => option.Aliases.Append(option.Name).MinBy(n => n.Length)!;

    /// <summary>A question whether the nearest of the known words was meant, if one is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var (name, distance) = known.Where(k => k.Length > 3).Select(k => (k, Distance(word, k))).DefaultIfEmpty(("", int.MaxValue)).MinBy(k => k.Item2);
        return distance <= 2 ? $"; did you mean {name}?" : null;
    }

    /// <summary>Levenshtein's: letters to insert, delete or replace.</summary>
    static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 0; i < a.Length; i++)
        {
            int corner = row[0]++;
            for (int j = 0; j < b.Length; j++)
                (corner, row[j + 1]) = (row[j + 1], Math.Min(Math.Min(row[j], row[j + 1]) + 1, corner + (a[i] == b[j] ? 0 : 1)));
        }
        return row[^1];
    }
}
