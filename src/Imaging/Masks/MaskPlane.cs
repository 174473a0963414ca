namespace GpuStyle.Imaging;

/// <summary>How much of each pixel belongs to something: [Height, Width] in 0..1.</summary>
public sealed record MaskPlane(int Width, int Height, float[] Values)
{
    /// <summary>The mean value.</summary>
    public double Share => Values.Sum(v => (double)v) / Values.Length;

    /// <summary>The mask at another size: what each new pixel covers, averaged, or linearly between pixels where it grows. Its own size gives it unchanged.</summary>
    public float[] AtSize(int height, int width)
    {
        if ((width, height) == (Width, Height)) return Values;
        var columns = Along(Values, Height, Width, width, 1, Width, 1, width);
        return Along(columns, width, Height, height, width, 1, width, 1);
    }

    /// <summary>One axis: <paramref name="lines"/> lines of <paramref name="from"/> values become lines of <paramref name="to"/>.</summary>
    static float[] Along(float[] source, int lines, int from, int to, int step, int pitch, int newStep, int newPitch)
    {
        var result = new float[(long)lines * to];
        double ratio = (double)from / to, radius = Math.Max(1, ratio);
        for (int i = 0; i < to; i++)
        {
            // A triangle as wide as a pixel where the mask grows, a box of what the pixel covers where it shrinks.
            double centre = (i + 0.5) * ratio - 0.5, sum = 0;
            var taps = new List<(int At, double Weight)>();
            for (int j = (int)Math.Floor(centre - radius); j <= Math.Ceiling(centre + radius); j++)
            {
                double weight = ratio > 1 ? Math.Clamp(ratio / 2 + 0.5 - Math.Abs(j - centre), 0, 1) : Math.Max(0, 1 - Math.Abs(j - centre));
                if (weight <= 0) continue;
                taps.Add((Math.Clamp(j, 0, from - 1), weight));
                sum += weight;
            }
            for (int line = 0; line < lines; line++)
            {
                double value = 0;
                foreach (var (at, weight) in taps) value += weight * source[line * pitch + at * step];
                result[line * newPitch + i * newStep] = (float)(value / sum);
            }
        }
        return result;
    }
}
