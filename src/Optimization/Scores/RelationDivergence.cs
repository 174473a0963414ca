using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Whether places of a picture are related to each other as those of a photograph are: CFSD (Chung, Hyun and Heo 2024, section 5.1, and
/// their program). With x_p the features at a position over their number N, s_pq = x_p . x_q, and t likewise of the photograph
/// <code>
/// sum over p of KL(softmax over q of t_pq, softmax over q of s_pq)
/// </code>
/// </summary>
internal static class RelationDivergence
{
    /// <summary>Products that are on the host at a time, of either picture.</summary>
    const int Products = 1 << 23;

    /// <summary>The divergence.</summary>
    /// <param name="picture">Features [1,M,N] of the picture.</param>
    /// <param name="photograph">Those of the photograph.</param>
    /// <param name="unit">What features are divided by before that.</param>
    public static double Of(Tensor picture, Tensor photograph, double unit)
    {
        var device = picture.Device;
        var (_, positions, channels) = picture.Shape;
        double factor = 1 / (unit * channels * unit * channels), sum = 0;
        int strip = Math.Clamp(Products / positions, 1, positions);
        for (int first = 0; first < positions; first += strip)
        {
            int rows = Math.Min(strip, positions - first);
            float[] s = Relations(picture, first, rows), t = Relations(photograph, first, rows);
            var ofRows = new double[rows];
            Parallel.For(0, rows, r => ofRows[r] = Divergence(t.AsSpan(r * positions, positions), s.AsSpan(r * positions, positions)));
            sum += ofRows.Sum();
        }
        return sum;

        float[] Relations(Tensor all, int first, int rows)
        {
            using var owned = new TensorList(device);
            Tensor part = owned.Allocate(IMatching.Samples(rows, channels)), products = owned.Allocate(IMatching.Samples(rows, positions));
            device.Vectors.CopyPart(all, new(first, 0, rows, channels), part);
            device.Samples.Multiply(part, false, all, true, factor, products, accumulate: false);
            return device.Download(products);
        }
    }

    /// <summary>
    /// KL(softmax t, softmax s) = sum of e^(t - a) (t - s) / A - log A - a + log B + b, with a and b the largest, A and B the sums of
    /// e^(t - a) and e^(s - b).
    /// </summary>
    static double Divergence(ReadOnlySpan<float> t, ReadOnlySpan<float> s)
    {
        double a = double.NegativeInfinity, b = a;
        for (int i = 0; i < t.Length; i++) (a, b) = (Math.Max(a, t[i]), Math.Max(b, s[i]));
        double sumA = 0, sumB = 0, difference = 0;
        for (int i = 0; i < t.Length; i++)
        {
            double e = Math.Exp(t[i] - a);
            sumA += e;
            difference += e * ((double)t[i] - s[i]);
            sumB += Math.Exp(s[i] - b);
        }
        return difference / sumA - Math.Log(sumA) - a + Math.Log(sumB) + b;
    }
}
