namespace GpuStyle.Imaging;

/// <summary>
/// A picture as the network sees it: planar RGB [3, Height, Width] in 0..255, gamma-encoded sRGB, not clamped. Alpha, if the
/// file had any, is [Height, Width] in 0..1.
/// </summary>
public sealed record Picture(int Width, int Height, float[] Rgb, float[]? Alpha = null);

/// <summary>A picture that cannot be read or written. The message is one line, names the file and says what to do.</summary>
public sealed class PictureException : Exception
{
    /// <summary>A message of one line.</summary>
    public PictureException(string message) : base(message) { }

    /// <summary>A message of one line, and what lies behind it.</summary>
    public PictureException(string message, Exception inner) : base(message, inner) { }
}
