using System.Globalization;

namespace GpuStyle.Imaging;

/// <summary>A colour that names a region.</summary>
public readonly record struct MaskColour(int Red, int Green, int Blue)
{
    static readonly Dictionary<string, MaskColour> Names = new()
    {
        ["black"] = new(0, 0, 0),
        ["white"] = new(255, 255, 255),
        ["grey"] = new(128, 128, 128),
        ["red"] = new(255, 0, 0),
        ["green"] = new(0, 255, 0),
        ["blue"] = new(0, 0, 255),
        ["yellow"] = new(255, 255, 0),
        ["cyan"] = new(0, 255, 255),
        ["magenta"] = new(255, 0, 255),
    };

    /// <summary>A name, or #rrggbb; null for anything else.</summary>
    public static MaskColour? Parse(string text)
    {
        if (Names.TryGetValue(text.ToLowerInvariant(), out var named)) return named;
        return text.Length == 7 && text[0] == '#' && int.TryParse(text[1..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int rgb)
            ? new(rgb >> 16, rgb >> 8 & 255, rgb & 255)
            : null;
    }

    /// <summary>Distance in the cube of red, green and blue.</summary>
    public double To(MaskColour other) => Math.Sqrt(Math.Pow(Red - other.Red, 2) + Math.Pow(Green - other.Green, 2) + Math.Pow(Blue - other.Blue, 2));

    /// <inheritdoc/>
    public override string ToString() => $"#{Red:x2}{Green:x2}{Blue:x2}";
}
