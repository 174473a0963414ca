namespace GpuStyle.Kernels;

internal sealed class ReferencePooling : IPooling
{
    public void Forward(PoolingKind kind, Tensor input, Tensor output, Corner corner)
    {
        IPooling.Check(input, output, corner);
        bool mean = IPooling.IsMean(kind);
        for (int c = 0; c < output.Shape.Channels; c++)
            for (int y = 0; y < output.Shape.Height; y++)
            {
                int from = 2 * (corner.Top + y);
                Span<double> upper = input.Row(c, from)[(2 * corner.Left)..], lower = input.Row(c, from + 1)[(2 * corner.Left)..], to = output.Row(c, y);
                for (int x = 0; x < to.Length; x++)
                    to[x] = mean
                        ? (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) / 4
                        : Math.Max(Math.Max(upper[2 * x], upper[2 * x + 1]), Math.Max(lower[2 * x], lower[2 * x + 1]));
            }
    }

    public void Gradient(PoolingKind kind, Tensor input, Tensor outputGradient, Tensor inputGradient, bool accumulate, Corner corner)
    {
        IPooling.Check(input, outputGradient, corner, inputGradient);
        bool mean = IPooling.IsMean(kind);
        var pooled = outputGradient.Shape;
        var features = input.Values().ToArray();
        var gradient = inputGradient.Values();
        if (!accumulate) gradient.Clear();
        for (int c = 0; c < pooled.Channels; c++)
            for (int y = 0; y < pooled.Height; y++)
                for (int x = 0; x < pooled.Width; x++)
                {
                    double g = outputGradient.Row(c, y)[x];
                    int best = 0, top = corner.Top + y, left = corner.Left + x;
                    for (int i = 1; i < 4; i++) if (features[At(input.Shape, c, top, left, i)] > features[At(input.Shape, c, top, left, best)]) best = i;
                    for (int i = 0; i < 4; i++)
                        if (mean) gradient[At(input.Shape, c, top, left, i)] += g / 4;
                        else if (i == best) gradient[At(input.Shape, c, top, left, i)] += g;
                }
        for (int i = 0; i < gradient.Length; i++) if (features[i] <= 0) gradient[i] = 0;
    }

    /// <summary>Where the i-th of the four that become (y, x) lies.</summary>
    static int At(Shape shape, int c, int y, int x, int i) => (c * shape.Height + 2 * y + i / 2) * shape.Width + 2 * x + i % 2;
}
