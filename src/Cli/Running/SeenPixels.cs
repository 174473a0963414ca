namespace GpuStyle.Cli.Running;

/// <summary>
/// What can be seen of a picture, row by row. A file may hold any color where it is wholly transparent, and none is left after resizing;
/// a run sees the mean color of the rest
/// there, at any size.
/// </summary>
internal sealed class SeenPixels
{
    /// <summary>Channels that differ by no more, in units of 0..255, are those of a grey picture, rounded.</summary>
    const float GrayTolerance = 1;

    readonly double[] sums = new double[3];
    double weight;

    /// <summary>Whether none that was added has a color.</summary>
    public bool AreGray { get; private set; } = true;

    /// <summary>The mean color, each pixel counting as much as it can be seen: red, green and blue in 0..255.</summary>
    public float[] Mean => Array.ConvertAll(sums, s => (float)(weight > 0 ? s / weight : 0));

    /// <summary>Adds rows: [3,n,W] in 0..255, and how opaque they are, empty if nothing is transparent.</summary>
    public void Add(ReadOnlySpan<float> rgb, ReadOnlySpan<float> alpha)
    {
        int plane = rgb.Length / 3;
        for (int i = 0; i < plane; i++)
        {
            float seen = alpha.IsEmpty ? 1 : alpha[i], red = rgb[i], green = rgb[plane + i], blue = rgb[2 * plane + i];
            if (seen == 0) continue;
            sums[0] += seen * red;
            sums[1] += seen * green;
            sums[2] += seen * blue;
            weight += seen;
            AreGray &= Math.Max(red, Math.Max(green, blue)) - Math.Min(red, Math.Min(green, blue)) <= GrayTolerance;
        }
    }

    /// <summary>Gives wholly transparent pixels of rows [3,n,W] this color.</summary>
    public static void Hide(Span<float> rgb, ReadOnlySpan<float> alpha, ReadOnlySpan<float> color)
    {
        int plane = alpha.Length;
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < plane; i++)
                if (alpha[i] == 0) rgb[c * plane + i] = color[c];
    }
}
