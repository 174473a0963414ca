namespace GpuStyle.Kernels;

internal sealed class ReferenceGram : IGram
{
    public void Accumulate(Tensor features, Region region, Tensor gram)
    {
        IGram.Check(features, region, gram);
        int n = features.Shape.Channels;
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int y = region.Top; y < region.Top + region.Height; y++)
                {
                    Span<double> a = features.Row(i, y).Slice(region.Left, region.Width), b = features.Row(j, y).Slice(region.Left, region.Width);
                    for (int x = 0; x < a.Length; x++) sum += a[x] * b[x];
                }
                gram.Row(0, i)[j] += sum;
            }
        });
    }

    public void Gradient(Tensor features, Region region, Tensor matrix, Tensor gradient, bool accumulate)
    {
        IGram.Check(features, region, matrix, gradient);
        if (!accumulate) gradient.Values().Clear();
        int n = features.Shape.Channels;
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < n; j++)
            {
                double d = matrix.Row(0, i)[j];
                for (int y = region.Top; y < region.Top + region.Height; y++)
                {
                    Span<double> to = gradient.Row(i, y).Slice(region.Left, region.Width), f = features.Row(j, y).Slice(region.Left, region.Width);
                    for (int x = 0; x < to.Length; x++) to[x] += d * f[x];
                }
            }
        });
    }
}
