using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuStyle.Benchmarks;

/// <summary>
/// A machine instruction of an NVIDIA GPU, as <c>nvdisasm -c -hex</c> prints it, or a label before one. Since Volta an instruction has
/// 128 bits; of the scheduling word in its upper bits: 4 bits of clocks to wait, the scoreboard that is set when its result is there, and
/// those that it waits for, a bit each.
/// </summary>
/// <param name="Label">A label's name; null: an instruction.</param>
/// <param name="Text">Operation and operands, without the guard.</param>
/// <param name="Guard">The predicate that it is executed under, such as !PT; empty: none.</param>
/// <param name="Control">The scheduling word.</param>
public sealed partial record SassInstruction(string? Label, string Text = "", string Guard = "", int Control = 0)
{
    /// <summary>Scoreboards of a warp; <see cref="Sets"/> is one of them, or more if none is set.</summary>
    public const int Scoreboards = 6;

    /// <summary>The operation with all its suffixes.</summary>
    public string Operation => Text.Split(' ')[0];

    /// <summary>The operation alone.</summary>
    public string Stem => Operation.Split('.')[0];

    /// <summary>The scoreboard that is set when the result is there.</summary>
    public int Sets => Control >> 5 & 7;

    /// <summary>Whether it waits for a scoreboard.</summary>
    public bool WaitsFor(int scoreboard) => scoreboard < Scoreboards && (Control >> 11 >> scoreboard & 1) != 0;

    /// <summary>Whether it multiplies matrices.</summary>
    public bool IsProduct => Stem is "HMMA";

    /// <summary>Whether it copies a register.</summary>
    public bool IsMove => (Stem == "MOV" || Operation.StartsWith("IMAD.MOV", StringComparison.Ordinal))
        && !Text.Contains(", -R", StringComparison.Ordinal);

    /// <summary>The instructions and labels of a disassembled kernel.</summary>
    public static IReadOnlyList<SassInstruction> Read(string text)
    {
        var body = new List<SassInstruction>();
        (string Text, string Guard)? pending = null;
        bool inside = false;
        foreach (string line in text.Split('\n'))
        {
            inside |= line.StartsWith(".text.", StringComparison.Ordinal);
            if (!inside) continue;
            if (LabelLine().Match(line) is { Success: true } label) body.Add(new(label.Groups[1].Value));
            else if (FirstLine().Match(line) is { Success: true } first)
            {
                string words = first.Groups[1].Value.Trim();
                pending = words.StartsWith('@') ? (words[words.IndexOf(' ')..].Trim(), words[1..words.IndexOf(' ')]) : (words, "");
            }
            else if (pending is { } started && SecondLine().Match(line) is { Success: true } second)
            {
                ulong upper = ulong.Parse(second.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                body.Add(new(null, started.Text, started.Guard, (int)(upper >> 41 & 0x1fffff)));
                pending = null;
            }
        }
        return body;
    }

    [GeneratedRegex(@"^(\.L_x_\d+):")]
    private static partial Regex LabelLine();

    [GeneratedRegex(@"^\s*/\*[0-9a-f]{4,}\*/\s+(.*?);\s*/\* 0x[0-9a-f]{16} \*/")]
    private static partial Regex FirstLine();

    [GeneratedRegex(@"^\s+/\* 0x([0-9a-f]{16}) \*/")]
    private static partial Regex SecondLine();
}
