using System.Text.RegularExpressions;

namespace GpuStyle.CudaEmulator;

/// <summary>The words and signs of a PTX text, without comments, to be read one after the other.</summary>
internal sealed partial class Tokens(string text)
{
    readonly Match[] all = [.. Token().Matches(text).Where(m => !m.Value.StartsWith("//", StringComparison.Ordinal))];
    int next;

    public bool AtEnd => next == all.Length;

    /// <summary>The line of the next token.</summary>
    public int Line => 1 + text.AsSpan(0, AtEnd ? text.Length : all[next].Index).Count('\n');

    public string Peek(int ahead = 0) => next + ahead < all.Length ? all[next + ahead].Value : "";

    public string Next() => next < all.Length ? all[next++].Value : throw new PtxException("the text ends early");

    /// <summary>Reads a token if it is this one.</summary>
    public bool Skip(string token)
    {
        if (Peek() != token) return false;
        next++;
        return true;
    }

    /// <summary>Reads a token that must be this one.</summary>
    public void Expect(string token)
    {
        string found = Next();
        if (found != token) throw new PtxException($"{token} is expected instead of {found}");
    }

    public int Number() =>
        int.TryParse(Peek(), out int number) ? (next++, number).number
            : throw new PtxException($"a number is expected instead of {Peek()}");

    /// <summary>The text from the next token up to a token.</summary>
    public string TextUpTo(string token)
    {
        int end = next;
        while (end < all.Length && all[end].Value != token) end++;
        return AtEnd || end == all.Length ? "" : text[all[next].Index..all[end].Index].Trim();
    }

    [GeneratedRegex(@"//[^\n]*|[%$\w.]+|\S")]
    private static partial Regex Token();
}
