namespace GpuStyle.Kernels;

internal sealed class ReferenceTotalVariation : ITotalVariation
{
    public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs, bool wrap)
    {
        ITotalVariation.Check(kind, picture, gradient, pairs);
        var (channels, height, width) = picture.Shape;
        var factors = PairFactors.Of(kind, picture.Shape, wrap);
        double sum = 0;
        for (int c = 0; c < channels; c++)
        {
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    bool right = wrap || x + 1 < width, below = wrap || y + 1 < height;
                    int nextX = (x + 1) % width, nextY = (y + 1) % height;
                    if (kind == TotalVariationKind.NeuralStyle) right = below = right && below;
                    if (right) sum += factors.Right * Pair(kind, picture, gradient, weight * factors.Right, pairs?.Row(0, y)[x] ?? 1, c, y, x, y, nextX);
                    if (below) sum += factors.Below * Pair(kind, picture, gradient, weight * factors.Below, pairs?.Row(1, y)[x] ?? 1, c, y, x, nextY, x);
                }
            if (factors.Diagonal == 0) continue;
            int Y(int y) => wrap ? y % height : Math.Clamp(y, 0, height - 1);
            int X(int x) => wrap ? x % width : Math.Clamp(x, 0, width - 1);
            for (int y = wrap ? 0 : -1; y < height; y++)
                for (int x = wrap ? 0 : -1; x < width; x++)
                    sum += factors.Diagonal * (Pair(kind, picture, gradient, weight * factors.Diagonal, 1, c, Y(y), X(x), Y(y + 1), X(x + 1))
                        + Pair(kind, picture, gradient, weight * factors.Diagonal, 1, c, Y(y), X(x + 1), Y(y + 1), X(x)));
        }
        value.Add(sum);
    }

    static double Pair(TotalVariationKind kind, Tensor picture, Tensor gradient, double weight, double ofPair, int c, int y0, int x0, int y1, int x1)
    {
        double d = picture.Row(c, y1)[x1] - picture.Row(c, y0)[x0];
        double slope = weight * ofPair * (kind == TotalVariationKind.Absolute ? d > 0 ? 1 : d < 0 ? -1 : 0 : d);
        gradient.Row(c, y1)[x1] += slope;
        gradient.Row(c, y0)[x0] -= slope;
        return ofPair * (kind == TotalVariationKind.Absolute ? Math.Abs(d) : d * d / 2);
    }
}
