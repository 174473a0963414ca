namespace GpuStyle.Imaging;

/// <summary>Takes the next rows of a picture, from <paramref name="top"/> on: <paramref name="rgb"/> [3, n, Width] in 0..255 and <paramref name="alpha"/> [n, Width] in 0..1, empty if there is none.</summary>
public delegate void RowSink(int top, ReadOnlySpan<float> rgb, ReadOnlySpan<float> alpha);

/// <summary>Gives rows of a picture, from <paramref name="top"/> on: [channels, n, Width], as many as fit <paramref name="rows"/>.</summary>
public delegate void RowSource(int top, Span<float> rows);

/// <summary>A picture that is handed over in strips, from top to bottom, and need not be in memory as a whole.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Rgb">Planar RGB in 0..255, gamma-encoded sRGB, not clamped.</param>
/// <param name="Alpha">Opacity in 0..1, if there is any.</param>
public sealed record PictureRows(int Width, int Height, RowSource Rgb, RowSource? Alpha = null)
{
    /// <summary>The rows of a picture in memory.</summary>
    public static PictureRows Of(Picture picture)
    {
        picture.CheckShape();
        return new(picture.Width, picture.Height, Rows(picture.Rgb, 3, picture), picture.Alpha is { } alpha ? Rows(alpha, 1, picture) : null);
    }

    /// <summary>The picture in memory, its opacity apart.</summary>
    public Picture Whole()
    {
        var picture = new Picture(Width, Height, new float[checked(3 * Width * Height)]);
        Rgb(0, picture.Rgb);
        return picture;
    }

    static RowSource Rows(float[] values, int channels, Picture picture) => (top, rows) =>
    {
        int count = rows.Length / channels;
        for (int c = 0; c < channels; c++) values.AsSpan(checked(c * picture.Pixels + top * picture.Width), count).CopyTo(rows.Slice(c * count, count));
    };
}
