namespace GpuStyle.Imaging;

/// <summary>
/// A picture as the network sees it: planar RGB [3, Height, Width] in 0..255, gamma-encoded sRGB, not clamped. Alpha, if the
/// file had any, is [Height, Width] in 0..1.
/// </summary>
public sealed record Picture(int Width, int Height, float[] Rgb, float[]? Alpha = null)
{
    /// <summary>Pixels in one plane.</summary>
    public int Pixels => Width * Height;

    /// <summary>Throws an ArgumentException where sides and arrays do not agree.</summary>
    internal void CheckShape()
    {
        if (Width < 1 || Height < 1) throw new ArgumentException($"a picture of {Width} x {Height} pixels has no pixels");
        if (Rgb.LongLength != 3L * Width * Height) throw new ArgumentException($"{Rgb.LongLength} values are not [3, {Height}, {Width}]");
        if (Alpha is not null && Alpha.LongLength != (long)Width * Height) throw new ArgumentException($"{Alpha.LongLength} alpha values are not [{Height}, {Width}]");
    }
}
