namespace GpuStyle.Kernels;

internal sealed class ReferenceMoments : IMoments
{
    public void Accumulate(Tensor features, Tensor? weights, Region region, Tensor sums)
    {
        IMoments.Check(features, weights, region, sums);
        Each(features, weights, region, (c, y, x, w) => sums.Values()[c] += w * features.Row(c, y)[x]);
    }

    public void Scale(Tensor x, Tensor weights, Region region, Tensor result, bool accumulate)
    {
        IMoments.Check(x, weights, region, null, result);
        if (!accumulate && !region.Covers(x.Shape)) result.Values().Clear();
        Each(x, weights, region, (c, y, i, w) =>
        {
            ref double to = ref result.Row(c, y)[i];
            to = w * x.Row(c, y)[i] + (accumulate ? to : 0);
        });
    }

    public void Spread(Tensor vector, Tensor? weights, Region region, Tensor result)
    {
        IMoments.Check(result, weights, region, vector);
        Each(result, weights, region, (c, y, x, w) => result.Row(c, y)[x] += w * vector.Values()[c]);
    }

    public void Divide(Tensor x, double factor, ScalarSlot divisor, Tensor result, bool accumulate)
    {
        if (x.Shape != result.Shape) throw new ArgumentException($"{result.Shape} does not fit {x.Shape}.", nameof(result));
        double scale = factor / (((ReferenceScalars)divisor.Scalars).Values[divisor.Index] + IMoments.LeastDivisor);
        Span<double> from = x.Values(), to = result.Values();
        for (int i = 0; i < to.Length; i++) to[i] = scale * from[i] + (accumulate ? to[i] : 0);
    }

    public void DeviationError(Tensor gram, Tensor sums, double mass, Tensor target, ScalarSlot value, double valueFactor, Tensor matrix, Tensor vector, double gradientFactor)
    {
        IMoments.Check(gram, sums, target, matrix, vector);
        for (int i = 0; i < sums.Shape.Width; i++)
        {
            double mean = sums.Values()[i] / mass, deviation = Math.Sqrt(Math.Max(0, gram.Row(0, i)[i] / mass - mean * mean)), e = deviation - target.Values()[i];
            value.Add(valueFactor * e * e);
            if (deviation == 0) continue;
            matrix.Row(0, i)[i] += gradientFactor * e / deviation;
            vector.Values()[i] -= gradientFactor * e / deviation * mean;
        }
    }

    static void Each(Tensor features, Tensor? weights, Region region, Action<int, int, int, double> visit)
    {
        for (int c = 0; c < features.Shape.Channels; c++)
            for (int y = region.Top; y < region.Top + region.Height; y++)
                for (int x = region.Left; x < region.Left + region.Width; x++) visit(c, y, x, weights is null ? 1 : weights.Row(0, y)[x]);
    }
}
