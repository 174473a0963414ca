namespace GpuStyle.Kernels;

internal sealed class ReferenceSmoothing : ISmoothing
{
    static readonly double[] filter = [1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8];

    public void Halve(Tensor fine, Tensor coarse, bool wrap)
    {
        ISmoothing.Check(fine, coarse);
        coarse.Values().Clear();
        foreach (var (c, y, x, i, j, weight) in Pairs(fine, coarse.Shape, wrap)) coarse.Row(c, y)[x] += weight * fine.Row(c, i)[j];
    }

    public void Spread(Tensor coarse, float weight, Tensor fine, bool wrap)
    {
        ISmoothing.Check(fine, coarse);
        foreach (var (c, y, x, i, j, w) in Pairs(fine, coarse.Shape, wrap)) fine.Row(c, i)[j] += 4 * weight * w * coarse.Row(c, y)[x];
    }

    public void MixChannels(Tensor picture, Tensor matrices, int number, Tensor mixed)
    {
        ISmoothing.Check(picture, matrices, number, mixed);
        var matrix = matrices.Row(0, number);
        for (int y = 0; y < picture.Shape.Height; y++)
            for (int x = 0; x < picture.Shape.Width; x++)
            {
                double red = picture.Row(0, y)[x], green = picture.Row(1, y)[x], blue = picture.Row(2, y)[x];
                for (int c = 0; c < 3; c++) mixed.Row(c, y)[x] = matrix[3 * c] * red + matrix[3 * c + 1] * green + matrix[3 * c + 2] * blue;
            }
    }

    public void SumProducts(Tensor picture, Scalars sums, int first)
    {
        ISmoothing.Check(picture);
        (int, int)[] pairs = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)];
        for (int i = 0; i < pairs.Length; i++)
        {
            double sum = 0;
            for (int y = 0; y < picture.Shape.Height; y++)
                for (int x = 0; x < picture.Shape.Width; x++) sum += picture.Row(pairs[i].Item1, y)[x] * picture.Row(pairs[i].Item2, y)[x];
            new ScalarSlot(sums, first + i).Add(sum);
        }
    }

    /// <summary>Every value of the coarse picture with every value of the fine one that it takes part in: row and column of both, and the filter there.</summary>
    static IEnumerable<(int Channel, int Y, int X, int FineY, int FineX, double Weight)> Pairs(Tensor fine, Shape coarse, bool wrap)
    {
        var (rows, columns) = ISmoothing.Wraps(fine.Shape, wrap);
        var (_, height, width) = fine.Shape;
        for (int c = 0; c < coarse.Channels; c++)
            for (int y = 0; y < coarse.Height; y++)
                for (int x = 0; x < coarse.Width; x++)
                    for (int tap = 0; tap < 16; tap++)
                    {
                        int i = 2 * y - 1 + tap / 4, j = 2 * x - 1 + tap % 4;
                        if (rows) i = i.Modulo(height);
                        if (columns) j = j.Modulo(width);
                        if (i >= 0 && i < height && j >= 0 && j < width) yield return (c, y, x, i, j, filter[tap / 4] * filter[tap % 4]);
                    }
    }
}
