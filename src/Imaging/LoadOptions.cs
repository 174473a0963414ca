namespace GpuStyle.Imaging;

/// <summary>How a picture is read. Without any option it comes back at its own size with its pixels untouched.</summary>
public sealed record LoadOptions
{
    /// <summary>The longest side in pixels, the other side following the aspect; 0 leaves the size as it is.</summary>
    public int Size { get; init; }

    /// <summary>An exact width and height in pixels, whatever the aspect; it takes precedence over <see cref="Size"/>.</summary>
    public (int Width, int Height)? Exact { get; init; }

    /// <summary>
    /// An exact width and height in pixels that the picture, once it has the size that the others ask for, is resized to as
    /// <see cref="PictureFile.Resize"/> does it; null leaves it. For a file that is wanted at several sizes of one picture and is read for each.
    /// </summary>
    public (int Width, int Height)? Then { get; init; }

    /// <summary>The most pixels a file may hold, and the most it may be resized to. Checked before anything is decoded.</summary>
    public long MaxPixels { get; init; } = 400_000_000;

    /// <summary>The size, in pixels, that a file of the given size is loaded at.</summary>
    /// <exception cref="ArgumentException">A side asked for is negative or zero.</exception>
    public (int Width, int Height) Target(int width, int height)
    {
        foreach (var asked in new[] { Exact, Then })
            if (asked is { } size && (size.Width < 1 || size.Height < 1)) throw new ArgumentException($"a size of {size.Width} x {size.Height} pixels is not possible");
        return Exact ?? PictureSize.Fit(width, height, Size);
    }
}
