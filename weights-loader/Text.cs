using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>Pieces of one-line messages. Names out of files are not trusted to be short, printable or on one line.</summary>
static class Text
{
    const int Longest = 80;

    /// <summary>A name out of a file, in quotes: control characters replaced, shortened to 80 characters.</summary>
    public static string Quote(string name)
    {
        string printable = Printable(name.Length > Longest ? name[..Longest] : name);
        return name.Length > Longest ? $"'{printable}...'" : $"'{printable}'";
    }

    /// <summary>A text on one line, at its full length: control characters, line separators and broken surrogates replaced.</summary>
    public static string Printable(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            line.Append(Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? "?" : rune.ToString());
        return line.ToString();
    }

    /// <summary>A shape such as [64, 3, 3, 3].</summary>
    public static string Shape(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
