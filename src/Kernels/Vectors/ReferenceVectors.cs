namespace GpuStyle.Kernels;

internal sealed class ReferenceVectors : IVectors
{
    public void Fill(Tensor x, float value) => x.Values().Fill(value);

    public void Copy(Tensor source, Tensor destination) => source.Values().CopyTo(destination.Values());

    public void CopyPart(Tensor source, Region part, Tensor destination)
    {
        IVectors.CheckPart(source, part, destination);
        for (int c = 0; c < destination.Shape.Channels; c++)
            for (int y = 0; y < part.Height; y++) source.Row(c, part.Top + y).Slice(part.Left, part.Width).CopyTo(destination.Row(c, y));
    }

    public void Pack(Tensor source, Tensor packed)
    {
        IVectors.CheckPacked(source, packed);
        Span<double> from = source.Values(), to = packed.Values();
        for (int first = 0; first < to.Length; first += PackedFormat.Block)
        {
            int end = Math.Min(first + PackedFormat.Block, to.Length);
            double greatest = 0;
            for (int i = first; i < end; i++) greatest = Math.Max(greatest, Math.Abs((float)from[i]));
            double scale = Math.ScaleB(1, Math.Max(Math.ILogB(greatest), -120) - 6);
            for (int i = first; i < end; i++) to[i] = scale * Math.Clamp(Math.Round((float)from[i] / scale), -127, 127);
        }
    }

    public void Normalise(Tensor picture, Corner corner, ReadOnlySpan<double> mean, ReadOnlySpan<double> scale, Tensor window)
    {
        var (top, left) = IVectors.Check(window, picture, corner, scale);
        var (_, height, width) = picture.Shape;
        for (int c = 0; c < window.Shape.Channels; c++)
            for (int y = 0; y < window.Shape.Height; y++)
                for (int x = 0; x < window.Shape.Width; x++)
                    window.Row(c, y)[x] = scale[c] * (picture.Row(c, (top + y) % height)[(left + x) % width] - mean[c]);
    }

    public void NormaliseGradient(Tensor window, ReadOnlySpan<double> scale, Tensor picture, Corner corner)
    {
        var (top, left) = IVectors.Check(window, picture, corner, scale);
        var (_, height, width) = picture.Shape;
        for (int c = 0; c < window.Shape.Channels; c++)
            for (int y = 0; y < window.Shape.Height; y++)
                for (int x = 0; x < window.Shape.Width; x++)
                    picture.Row(c, (top + y) % height)[(left + x) % width] += scale[c] * window.Row(c, y)[x];
    }

    public void MaskByRelu(Tensor activation, Tensor gradient)
    {
        Span<double> a = activation.Values(), g = gradient.Values();
        for (int i = 0; i < g.Length; i++) if (a[i] <= 0) g[i] = 0;
    }

    public void Dot(IReadOnlyList<Tensor> vectors, Tensor y, Scalars sums, int first)
    {
        var b = y.Values();
        for (int v = 0; v < vectors.Count; v++)
        {
            var a = vectors[v].Values();
            double sum = 0;
            for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
            new ScalarSlot(sums, first + v).Add(sum);
        }
    }

    public void SumOfAbsolutes(Tensor x, ScalarSlot sum)
    {
        double total = 0;
        foreach (double v in x.Values()) total += Math.Abs(v);
        sum.Add(total);
    }

    public void Combine(IReadOnlyList<Tensor> vectors, ReadOnlySpan<double> coefficients, Tensor destination)
    {
        var result = new double[destination.Values().Length];
        for (int v = 0; v < vectors.Count; v++)
        {
            var a = vectors[v].Values();
            for (int i = 0; i < result.Length; i++) result[i] += coefficients[v] * a[i];
        }
        result.CopyTo(destination.Values());
    }

    public void Adam(Tensor x, Tensor gradient, Tensor firstMoment, Tensor secondMoment, AdamStep step)
    {
        Span<double> p = x.Values(), g = gradient.Values(), m = firstMoment.Values(), v = secondMoment.Values();
        for (int i = 0; i < p.Length; i++)
        {
            m[i] = step.Beta1 * m[i] + (1 - step.Beta1) * g[i];
            v[i] = step.Beta2 * v[i] + (1 - step.Beta2) * g[i] * g[i];
            p[i] -= step.CorrectedRate * m[i] / (Math.Sqrt(v[i]) / step.SecondCorrection + step.Epsilon);
        }
    }
}
