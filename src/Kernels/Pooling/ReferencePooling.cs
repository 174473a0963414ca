namespace GpuStyle.Kernels;

internal sealed class ReferencePooling : IPooling
{
    public void Forward(PoolingKind kind, Tensor input, Tensor output, Corner corner)
    {
        IPooling.Check(input, output, corner);
        for (int c = 0; c < output.Shape.Channels; c++)
            for (int y = 0; y < output.Shape.Height; y++)
            {
                int from = 2 * (corner.Top + y);
                Span<double> upper = input.Row(c, from)[(2 * corner.Left)..], lower = input.Row(c, from + 1)[(2 * corner.Left)..], to = output.Row(c, y);
                for (int x = 0; x < to.Length; x++)
                    to[x] = kind == PoolingKind.Average
                        ? (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) / 4
                        : Math.Max(Math.Max(upper[2 * x], upper[2 * x + 1]), Math.Max(lower[2 * x], lower[2 * x + 1]));
            }
    }

    public void Gradient(PoolingKind kind, Tensor input, Tensor outputGradient, Tensor inputGradient, bool accumulate, Corner corner)
    {
        IPooling.Check(input, outputGradient, corner, inputGradient);
        if (!accumulate) inputGradient.Values().Clear();
        var pooled = outputGradient.Shape;
        for (int c = 0; c < pooled.Channels; c++)
            for (int y = 0; y < pooled.Height; y++)
                for (int x = 0; x < pooled.Width; x++)
                {
                    double g = outputGradient.Row(c, y)[x];
                    int best = 0, top = corner.Top + y, left = corner.Left + x;
                    for (int i = 1; i < 4; i++) if (At(input, c, top, left, i) > At(input, c, top, left, best)) best = i;
                    for (int i = 0; i < 4; i++)
                        if (kind == PoolingKind.Average) At(inputGradient, c, top, left, i) += g / 4;
                        else if (i == best) At(inputGradient, c, top, left, i) += g;
                }
        Span<double> features = input.Values(), gradient = inputGradient.Values();
        for (int i = 0; i < gradient.Length; i++) if (features[i] <= 0) gradient[i] = 0;
    }

    static ref double At(Tensor tensor, int c, int y, int x, int i) => ref tensor.Row(c, 2 * y + i / 2)[2 * x + i % 2];
}
