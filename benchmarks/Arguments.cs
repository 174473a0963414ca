using System.Globalization;

namespace GpuStyle.Benchmarks;

/// <summary>The words behind a verb. Each option is taken out as it is asked for; what is left at the end is a mistake.</summary>
/// <exception cref="ArgumentException">Thrown by every method where a value is missing or wrong; the message is one line that names the option.</exception>
internal sealed class Arguments(IEnumerable<string> words)
{
    readonly List<string> left = [.. words];

    /// <summary>Whether the option is there.</summary>
    public bool Flag(string name) => left.Remove(name);

    /// <summary>The option's value.</summary>
    public string Text(string name, string otherwise) => Value(name) ?? otherwise;

    /// <summary>A whole number.</summary>
    public int Whole(string name, int otherwise, int least = 1) => Value(name) is { } text ? Number(name, text, least) : otherwise;

    /// <summary>Whole numbers with commas between.</summary>
    public int[] Wholes(string name, int[] otherwise, int least = 1) => Value(name) is { } text ? [.. text.Split(',').Select(word => Number(name, word, least))] : otherwise;

    /// <summary>One of an enumeration's names, in small letters.</summary>
    public T Choice<T>(string name, T otherwise) where T : struct, Enum => Value(name) is not { } text ? otherwise
        : Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<T>(text, ignoreCase: true)
        : throw new ArgumentException($"{name} {text}: use {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}");

    /// <summary>The one word that no option took, after all options: empty if there is none.</summary>
    public string Filter()
    {
        string filter = left.Find(word => !word.StartsWith("--", StringComparison.Ordinal)) ?? "";
        left.Remove(filter);
        End();
        return filter;
    }

    /// <summary>All words that no option took, after all options.</summary>
    public IReadOnlyList<string> Words()
    {
        string[] words = [.. left.Where(word => !word.StartsWith("--", StringComparison.Ordinal))];
        left.RemoveAll(words.Contains);
        End();
        return words;
    }

    /// <summary>Nothing may be left.</summary>
    public void End()
    {
        if (left is [var word, ..]) throw new ArgumentException($"{word}: not known here");
    }

    string? Value(string name)
    {
        int at = left.IndexOf(name);
        if (at < 0) return null;
        if (at + 1 == left.Count) throw new ArgumentException($"{name}: its value is missing");
        string value = left[at + 1];
        left.RemoveRange(at, 2);
        return value;
    }

    static int Number(string name, string text, int least) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least
        ? value
        : throw new ArgumentException($"{name} {text}: wants whole numbers from {least} on");
}
