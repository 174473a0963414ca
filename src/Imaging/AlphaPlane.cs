namespace GpuStyle.Imaging;

/// <summary>
/// A picture's opacity by itself, gathered while the picture is read in rows and asked for when another is written; 2 bytes a pixel, no
/// more than a file holds.
/// </summary>
public sealed class AlphaPlane
{
    readonly List<ushort[]> strips = [];

    /// <summary>Whether no pixel is transparent, be it a little.</summary>
    public bool IsOpaque { get; private set; } = true;

    /// <summary>Takes the next rows, all of one width.</summary>
    public void Add(ReadOnlySpan<float> rows)
    {
        var strip = new ushort[rows.Length];
        for (int i = 0; i < strip.Length; i++) strip[i] = (ushort)MathF.Round(Math.Clamp(rows[i], 0, 1) * 65535);
        strips.Add(strip);
        IsOpaque &= !strip.AsSpan().ContainsAnyExcept((ushort)65535);
    }

    /// <summary>The whole plane in memory, as a mask.</summary>
    public MaskPlane ToMask(int width, int height)
    {
        var values = new float[checked(width * height)];
        Rows(width)(0, values);
        return new(width, height, values);
    }

    /// <summary>Its rows, for a picture of this width.</summary>
    public RowSource Rows(int width) => (top, rows) =>
    {
        long skip = (long)top * width;
        foreach (ushort[] strip in strips)
        {
            if (rows.IsEmpty) return;
            if (skip < strip.Length)
            {
                int count = (int)Math.Min(strip.Length - skip, rows.Length);
                for (int i = 0; i < count; i++) rows[i] = strip[(int)skip + i] / 65535f;
                rows = rows[count..];
                skip = 0;
            }
            else skip -= strip.Length;
        }
        if (!rows.IsEmpty) throw new ArgumentException($"there are no such rows from {top} on");
    };
}
