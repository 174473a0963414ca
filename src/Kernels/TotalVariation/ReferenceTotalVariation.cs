namespace GpuStyle.Kernels;

internal sealed class ReferenceTotalVariation : ITotalVariation
{
    public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight)
    {
        var (channels, height, width) = picture.Shape;
        double sum = 0;
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    bool right = x + 1 < width, below = y + 1 < height;
                    if (kind == TotalVariationKind.NeuralStyle) right = below = right && below;
                    if (right) sum += Pair(kind, picture, gradient, weight, c, y, x, y, x + 1);
                    if (below) sum += Pair(kind, picture, gradient, weight, c, y, x, y + 1, x);
                }
        value.Add(sum);
    }

    static double Pair(TotalVariationKind kind, Tensor picture, Tensor gradient, double weight, int c, int y0, int x0, int y1, int x1)
    {
        double d = picture.Row(c, y1)[x1] - picture.Row(c, y0)[x0];
        double slope = weight * (kind == TotalVariationKind.Absolute ? Math.Sign(d) : d);
        gradient.Row(c, y1)[x1] += slope;
        gradient.Row(c, y0)[x0] -= slope;
        return kind == TotalVariationKind.Absolute ? Math.Abs(d) : d * d / 2;
    }
}
