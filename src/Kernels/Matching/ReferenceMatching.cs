namespace GpuStyle.Kernels;

internal sealed class ReferenceMatching : IMatching
{
    public void Gather(Tensor features, SampleMap map, Tensor samples, int column, bool accumulate)
    {
        IMatching.Check(features, map, samples, column);
        for (int r = 0; r < map.Rows.Shape.Height; r++)
        {
            var row = map.Rows.Row(0, r);
            for (int c = 0; c < features.Shape.Channels; c++)
            {
                double sum = accumulate ? samples.Row(0, (int)row[0])[column + c] : 0;
                for (int t = (int)row[1]; t < (int)(row[1] + row[2]); t++)
                {
                    var tap = map.Taps.Row(0, t);
                    sum += tap[2] * features.Row(c, (int)tap[0])[(int)tap[1]];
                }
                samples.Row(0, (int)row[0])[column + c] = sum;
            }
        }
    }

    public void Scatter(Tensor samples, int column, SampleMap map, Tensor features)
    {
        IMatching.Check(features, map, samples, column);
        for (int p = 0; p < map.Pixels.Shape.Height; p++)
        {
            var pixel = map.Pixels.Row(0, p);
            for (int s = (int)pixel[2]; s < (int)(pixel[2] + pixel[3]); s++)
            {
                var share = map.Shares.Row(0, s);
                var row = samples.Row(0, (int)share[0]);
                for (int c = 0; c < features.Shape.Channels; c++) features.Row(c, (int)pixel[0])[(int)pixel[1]] += share[1] * row[column + c];
            }
        }
    }

    public void Center(Tensor samples, Tensor lengths)
    {
        IMatching.CheckCenter(samples, lengths);
        double[] mean = Mean(samples);
        for (int p = 0; p < samples.Shape.Height; p++) AddScaled(mean, -1, samples.Row(0, p));
        Divide(samples, Math.Max(IMatching.LeastLength * Math.Sqrt(mean.Sum(u => u * u)), IMatching.Tiny), lengths);
    }

    public void CenterGradient(Tensor centered, Tensor lengths, Tensor gradient)
    {
        NormalizeGradient(centered, lengths, gradient);
        double[] mean = Mean(gradient);
        for (int p = 0; p < centered.Shape.Height; p++) AddScaled(mean, -1, gradient.Row(0, p));
    }

    public void Normalize(Tensor samples, Tensor lengths)
    {
        IMatching.CheckCenter(samples, lengths);
        Divide(samples, IMatching.LeastNorm, lengths);
    }

    public void NormalizeGradient(Tensor normalized, Tensor lengths, Tensor gradient)
    {
        IMatching.CheckCenter(normalized, lengths, gradient);
        for (int p = 0; p < normalized.Shape.Height; p++)
        {
            Span<double> z = normalized.Row(0, p), g = gradient.Row(0, p);
            double along = lengths.Row(0, 1)[p] * Product(g, z);
            for (int i = 0; i < g.Length; i++) g[i] = (g[i] - along * z[i]) / lengths.Row(0, 0)[p];
        }
    }

    public void Match(Tensor samples, Tensor others, Tensor? nearest, Tensor? nearestOfOthers)
    {
        IMatching.CheckMatch(samples, others, nearest, nearestOfOthers);
        if (nearest is not null) Nearest(samples, others, nearest);
        if (nearestOfOthers is not null) Nearest(others, samples, nearestOfOthers);
    }

    public void Pull(Tensor samples, Tensor targets, Tensor? nearest, Tensor? weights, double factor, ScalarSlot sum, Tensor gradient)
    {
        IMatching.CheckMatch(samples, targets, nearest, null);
        IMatching.CheckNumbers(samples.Shape.Height, weights);
        for (int p = 0; p < samples.Shape.Height; p++)
        {
            var target = targets.Row(0, nearest is null ? p : (int)nearest.Values()[p]);
            double weight = weights is null ? 1 : weights.Values()[p];
            sum.Add(weight * (1 - Product(samples.Row(0, p), target)));
            AddScaled(target, -factor * weight, gradient.Row(0, p));
        }
    }

    public void Cover(Tensor samples, Tensor others, Tensor nearest, double factor, ScalarSlot sum, Tensor gradient)
    {
        IMatching.CheckMatch(samples, others, null, nearest);
        for (int q = 0; q < others.Shape.Height; q++)
        {
            int p = (int)nearest.Values()[q];
            sum.Add(1 - Product(samples.Row(0, p), others.Row(0, q)));
            AddScaled(others.Row(0, q), -factor, gradient.Row(0, p));
        }
    }

    /// <summary>Divides each row by its length, or by the least there is.</summary>
    static void Divide(Tensor samples, double least, Tensor lengths)
    {
        for (int p = 0; p < samples.Shape.Height; p++)
        {
            var row = samples.Row(0, p);
            double length = Math.Sqrt(Product(row, row)), divisor = Math.Max(length, least);
            (lengths.Row(0, 0)[p], lengths.Row(0, 1)[p]) = (divisor, length > least ? 1 : 0);
            for (int i = 0; i < row.Length; i++) row[i] /= divisor;
        }
    }

    static double[] Mean(Tensor samples)
    {
        var mean = new double[samples.Shape.Width];
        for (int p = 0; p < samples.Shape.Height; p++) AddScaled(samples.Row(0, p), 1.0 / samples.Shape.Height, mean);
        return mean;
    }

    static void Nearest(Tensor samples, Tensor others, Tensor numbers)
    {
        for (int p = 0; p < samples.Shape.Height; p++)
        {
            double best = double.NegativeInfinity;
            numbers.Values()[p] = 0;
            for (int q = 0; q < others.Shape.Height; q++)
            {
                double product = Product(samples.Row(0, p), others.Row(0, q));
                if (product > best) (best, numbers.Values()[p]) = (product, q);
            }
        }
    }

    static double Product(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++) sum += x[i] * y[i];
        return sum;
    }

    static void AddScaled(ReadOnlySpan<double> x, double factor, Span<double> y)
    {
        for (int i = 0; i < x.Length; i++) y[i] += factor * x[i];
    }
}
