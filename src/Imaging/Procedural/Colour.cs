using System.Globalization;

namespace GpuStyle.Imaging.Procedural;

/// <summary>A colour in encoded sRGB, 0..255 a channel.</summary>
readonly record struct Colour(float R, float G, float B)
{
    /// <summary>From six hexadecimal digits.</summary>
    public static Colour Of(string hex)
    {
        int value = int.Parse(hex, NumberStyles.HexNumber);
        return new(value >> 16, (value >> 8) & 255, value & 255);
    }

    public Colour To(Colour other, float share) => new(Arithmetic.Mix(R, other.R, share), Arithmetic.Mix(G, other.G, share), Arithmetic.Mix(B, other.B, share));

    public static Colour operator *(Colour c, float factor) => new(c.R * factor, c.G * factor, c.B * factor);

    public static Colour operator +(Colour a, Colour b) => new(a.R + b.R, a.G + b.G, a.B + b.B);
}
