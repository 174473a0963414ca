namespace GpuStyle.Imaging;

/// <summary>The space in which colours are compared and changed.</summary>
public enum ColourSpace
{
    /// <summary>The file's own, gamma-encoded sRGB.</summary>
    Rgb,

    /// <summary>sRGB without its encoding: amounts of light.</summary>
    LinearRgb,

    /// <summary>NTSC's luma, and two axes of colour from orange to blue and from purple to green.</summary>
    Yiq,

    /// <summary>PAL's luma (the same) and two axes of colour.</summary>
    Yuv,

    /// <summary>CIE 1976 L*a*b*, white D65: equal distances look about equally different.</summary>
    Lab,
}

/// <summary>A colour in some space: three coordinates.</summary>
readonly record struct ColourPoint(double A, double B, double C)
{
    public double this[int axis] => axis == 0 ? A : axis == 1 ? B : C;
}

/// <summary>From sRGB in 0..255 to a space and back. Of the spaces with a luminance it is the first coordinate.</summary>
static class ColourSpaces
{
    /// <summary>CIE 1931 XYZ of linear sRGB (IEC 61966-2-1), relative to the white point D65.</summary>
    const double WhiteX = 0.95047, WhiteZ = 1.08883;

    /// <summary>Where L*'s cube root gives way to a line: (6/29)^3 and 6/29.</summary>
    const double Knee = 216.0 / 24389, Slope = 24389.0 / 27 / 116, KneeRoot = 6.0 / 29;

    public static bool HasLuminance(this ColourSpace space) => space is ColourSpace.Yiq or ColourSpace.Yuv or ColourSpace.Lab;

    public static ColourPoint From(this ColourSpace space, double r, double g, double b)
    {
        double y = 0.299 * r + 0.587 * g + 0.114 * b;
        switch (space)
        {
            case ColourSpace.LinearRgb:
                return new(Linear(r), Linear(g), Linear(b));
            case ColourSpace.Yiq:
                return new(y, 0.736 * (r - y) - 0.268 * (b - y), 0.478 * (r - y) + 0.413 * (b - y));
            case ColourSpace.Yuv:
                return new(y, 0.492 * (b - y), 0.877 * (r - y));
            case ColourSpace.Lab:
                (r, g, b) = (Linear(r), Linear(g), Linear(b));
                double fx = Root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WhiteX);
                double fy = Root(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
                double fz = Root((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / WhiteZ);
                return new(116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz));
            default:
                return new(r, g, b);
        }
    }

    public static ColourPoint ToRgb(this ColourSpace space, ColourPoint p)
    {
        switch (space)
        {
            case ColourSpace.LinearRgb:
                return new(Encoded(p.A), Encoded(p.B), Encoded(p.C));
            case ColourSpace.Yiq:
                // The inverse of the two equations above for r - y and b - y.
                const double Determinant = 0.736 * 0.413 + 0.268 * 0.478;
                return FromLuma(p.A, (0.413 * p.B + 0.268 * p.C) / Determinant, (0.736 * p.C - 0.478 * p.B) / Determinant);
            case ColourSpace.Yuv:
                return FromLuma(p.A, p.C / 0.877, p.B / 0.492);
            case ColourSpace.Lab:
                double fy = (p.A + 16) / 116, x = WhiteX * Cube(fy + p.B / 500), y = Cube(fy), z = WhiteZ * Cube(fy - p.C / 200);
                return new(
                    Encoded(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
                    Encoded(-0.9692660 * x + 1.8760108 * y + 0.0415560 * z),
                    Encoded(0.0556434 * x - 0.2040259 * y + 1.0572252 * z));
            default:
                return p;
        }
    }

    /// <summary>The least and the largest value that a coordinate of a colour in 0..255 can have, or a little beyond.</summary>
    public static (double Low, double High) Bounds(this ColourSpace space, int axis) => space switch
    {
        ColourSpace.Rgb => (0, 255),
        ColourSpace.LinearRgb => (0, 1),
        ColourSpace.Lab => axis == 0 ? (0, 100) : (-128, 128),
        _ => axis == 0 ? (0, 255) : (-160, 160),
    };

    /// <summary>Writes a colour, clamped to 0..255, as pixel <paramref name="i"/> of some [3,n].</summary>
    public static void Write(this ColourSpace space, ColourPoint colour, Span<float> rgb, int i)
    {
        var p = space.ToRgb(colour);
        for (int c = 0; c < 3; c++) rgb[i + c * (rgb.Length / 3)] = (float)Math.Clamp(p[c], 0, 255);
    }

    static ColourPoint FromLuma(double y, double redness, double blueness) =>
        new(y + redness, y - (0.299 * redness + 0.114 * blueness) / 0.587, y + blueness);

    /// <summary>sRGB's decoding, from an encoded value to light, both 0..1, and on beyond.</summary>
    public static double ToLight(double value) => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);

    static double Linear(double value) => ToLight(value / 255);

    static double Encoded(double light) => 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * Math.Pow(light, 1 / 2.4) - 0.055);

    static double Root(double t) => t > Knee ? Math.Cbrt(t) : Slope * t + 16.0 / 116;

    static double Cube(double f) => f > KneeRoot ? f * f * f : (f - 16.0 / 116) / Slope;
}
