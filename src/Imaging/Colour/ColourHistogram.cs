namespace GpuStyle.Imaging;

/// <summary>How often each value of one coordinate occurs, in <see cref="Bins"/> bins between two bounds; values beyond count as the bound.</summary>
sealed class ColourHistogram(double low, double high)
{
    /// <summary>As fine as 16 bits a channel, and 16 times: what shares a bin looks the same in any space.</summary>
    public const int Bins = 1 << 20;

    readonly long[] counts = new long[Bins];

    public void Add(double value) => counts[(int)Math.Clamp((value - low) / (high - low) * (Bins - 1) + 0.5, 0, Bins - 1)]++;

    /// <summary>
    /// The function that gives values the other's histogram: one goes to the value that has its rank there. Equal values share the mean of their
    /// ranks; between two that occur it is straight, beyond the last constant.
    /// </summary>
    public Func<double, double> To(ColourHistogram wanted)
    {
        var (own, ownEnds) = Occupied();
        var (values, ends) = wanted.Occupied();
        if (own.Length == 0 || values.Length == 0) return value => value;
        double ValueAt(long rank)
        {
            int at = Array.BinarySearch(ends, rank + 1);
            return values[at < 0 ? ~at : at];
        }
        var results = new double[own.Length];
        long begin = 0, last = ends[^1] - 1;
        for (int i = 0; i < own.Length; i++)
        {
            double rank = 0.5 * (begin + ownEnds[i]) / ownEnds[^1] * ends[^1] - 0.5;
            long below = Math.Clamp((long)Math.Floor(rank), 0, last);
            double lower = ValueAt(below);
            results[i] = lower + Math.Clamp(rank - below, 0, 1) * (ValueAt(Math.Min(below + 1, last)) - lower);
            begin = ownEnds[i];
        }
        return value =>
        {
            int at = Array.BinarySearch(own, value);
            if (at >= 0) return results[at];
            int next = ~at;
            if (next == 0) return results[0];
            if (next == own.Length) return results[^1];
            return results[next - 1] + (value - own[next - 1]) / (own[next] - own[next - 1]) * (results[next] - results[next - 1]);
        };
    }

    /// <summary>The values that occur, ascending, and how many are no larger than each.</summary>
    (double[] Values, long[] Ends) Occupied()
    {
        int occupied = counts.Count(c => c > 0);
        var (values, ends) = (new double[occupied], new long[occupied]);
        long sum = 0;
        for (int bin = 0, i = 0; bin < Bins; bin++)
        {
            if (counts[bin] == 0) continue;
            values[i] = low + bin * (high - low) / (Bins - 1);
            ends[i++] = sum += counts[bin];
        }
        return (values, ends);
    }
}
