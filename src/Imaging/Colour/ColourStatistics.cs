namespace GpuStyle.Imaging;

/// <summary>Mean, covariance and histograms of a picture's colours in a space, over its visible pixels. Pixels may come in any portions, such as strips of a file.</summary>
/// <param name="space">The space.</param>
public sealed class ColourStatistics(ColourSpace space)
{
    /// <summary>What is added to each variance, as a share of the mean one: nothing that could be seen.</summary>
    const double Least = 1e-7;

    readonly ColourHistogram[] histograms = [.. Enumerable.Range(0, 3).Select(axis => space.Bounds(axis)).Select(b => new ColourHistogram(b.Low, b.High))];
    readonly double[] sums = new double[3];
    readonly double[,] products = new double[3, 3];
    ColourPoint origin;
    long count;

    /// <summary>The statistics of a picture.</summary>
    public static ColourStatistics Of(Picture picture, ColourSpace space)
    {
        var statistics = new ColourStatistics(space);
        statistics.Add(picture.Rgb, picture.Alpha);
        return statistics;
    }

    /// <summary>Adds pixels: <paramref name="rgb"/> [3,n] in 0..255, and their opacity [n] if there is any.</summary>
    public void Add(ReadOnlySpan<float> rgb, ReadOnlySpan<float> alpha = default)
    {
        int n = rgb.Length / 3;
        for (int i = 0; i < n; i++)
        {
            if (!alpha.IsEmpty && alpha[i] == 0) continue;
            var p = space.From(rgb[i], rgb[i + n], rgb[i + 2 * n]);
            // Sums about the first pixel: a covariance is no small difference of large sums.
            if (count++ == 0) origin = p;
            for (int a = 0; a < 3; a++)
            {
                histograms[a].Add(p[a]);
                sums[a] += p[a] - origin[a];
                for (int b = 0; b <= a; b++) products[a, b] += (p[a] - origin[a]) * (p[b] - origin[b]);
            }
        }
    }

    internal ColourSpace Space => space;

    internal IReadOnlyList<ColourHistogram> Histograms => histograms;

    internal double[] Mean => [.. sums.Select((sum, a) => origin[a] + sum / Math.Max(1, count))];

    /// <summary>Made positive definite where a picture has fewer colours.</summary>
    internal double[,] Covariance
    {
        get
        {
            double n = Math.Max(1, count);
            var covariance = Matrix3.Of((a, b) => products[Math.Max(a, b), Math.Min(a, b)] / n - sums[a] / n * (sums[b] / n));
            double little = Math.Max(Least * (covariance[0, 0] + covariance[1, 1] + covariance[2, 2]) / 3, 1e-12);
            for (int a = 0; a < 3; a++) covariance[a, a] += little;
            return covariance;
        }
    }
}
