namespace GpuStyle.Imaging;

/// <summary>Sizes in pixels.</summary>
public static class PictureSize
{
    /// <summary>
    /// The size whose longest side is <paramref name="longest"/> and whose aspect is that of width x height: the other side is
    /// rounded to the nearest pixel and is at least 1. A longest side of 0 gives the size back unchanged.
    /// </summary>
    /// <exception cref="ArgumentException">A side is not positive, or the longest side is negative.</exception>
    public static (int Width, int Height) Fit(int width, int height, int longest)
    {
        if (width < 1 || height < 1 || longest < 0) throw new ArgumentException($"cannot fit {width} x {height} pixels to a longest side of {longest}");
        if (longest == 0) return (width, height);
        return width >= height ? (longest, Side(height, width)) : (Side(width, height), longest);

        int Side(long shorter, long longer) => (int)Math.Max(1, (2 * shorter * longest + longer) / (2 * longer));
    }
}
