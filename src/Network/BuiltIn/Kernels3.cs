namespace GpuStyle.Network;

/// <summary>
/// 3x3 kernels, row by row. All but the carriers' are built from products of the three one-dimensional filters
/// (1 2 1), (1 0 -1) and (1 -2 1), which smooth and take the first and the second derivative. They form a basis of all 3x3
/// kernels; each product has norm 1.
/// </summary>
internal static class Kernels3
{
    static readonly double[] Smooth = [1, 2, 1], First = [1, 0, -1], Second = [1, -2, 1];

    static readonly double[]
        Mean = Product(Smooth, Smooth),
        Dx = Product(Smooth, First), Dy = Product(First, Smooth),
        Dxx = Product(Smooth, Second), Dyy = Product(Second, Smooth), Dxy = Product(First, First),
        Dxyy = Product(Second, First), Dxxy = Product(First, Second), Dxxyy = Product(Second, Second);

    /// <summary>Leaves its input as it is.</summary>
    public static float[] Identity { get; } = [0, 0, 0, 0, 1, 0, 0, 0, 0];

    /// <summary>The binomial filter: smooths before a pooling, against aliasing.</summary>
    public static float[] Binomial { get; } = [.0625f, .125f, .0625f, .125f, .25f, .125f, .0625f, .125f, .0625f];

    /// <summary>The local mean.</summary>
    public static float[] LocalMean() => Sum((1, Mean));

    /// <summary>The first derivative in direction (c, s).</summary>
    public static float[] FirstDerivative(double c, double s) => Sum((c, Dx), (s, Dy));

    /// <summary>The second derivative in direction (c, s). Norm 1 hides that Dxy answers three times as strongly as Dxx.</summary>
    public static float[] SecondDerivative(double c, double s) => Sum((c * c, Dxx), (s * s, Dyy), (2.0 / 3 * c * s, Dxy));

    /// <summary>
    /// A random pattern: every order of derivative, the higher ones weaker. It sees the finest grid, which the smooth
    /// derivatives are blind to and which would grow unchecked in a picture that only they look at.
    /// </summary>
    /// <param name="mean">Weight of the local mean; 0 makes the kernel blind to constants.</param>
    /// <param name="random">Where it is drawn from.</param>
    public static float[] Pattern(double mean, SplitMix64 random) => Sum(
        (mean * random.Normal(), Mean),
        (random.Normal(), Dx), (random.Normal(), Dy),
        (.7 * random.Normal(), Dxx), (.7 * random.Normal(), Dyy), (.7 * random.Normal(), Dxy),
        (.5 * random.Normal(), Dxyy), (.5 * random.Normal(), Dxxy), (.5 * random.Normal(), Dxxyy));

    /// <summary>A mean along the line at right angles to (c, s); its entries add up to 1.</summary>
    public static float[] AlongEdge(double c, double s)
    {
        var kernel = new double[9];
        double sum = 0;
        for (int y = -1; y <= 1; y++)
            for (int x = -1; x <= 1; x++)
            {
                double distance = x * c + y * s, fall = 1 + 4 * distance * distance;
                double corner = x != 0 && y != 0 ? .7 : 1;
                sum += kernel[(y + 1) * 3 + x + 1] = corner / (fall * fall);
            }
        return [.. kernel.Select(v => (float)(v / sum))];
    }

    /// <summary>A kernel times a number.</summary>
    public static float[] Times(double factor, float[] kernel) => [.. kernel.Select(v => (float)(factor * v))];

    static double[] Product(double[] column, double[] row)
    {
        var kernel = new double[9];
        double square = 0;
        for (int i = 0; i < 9; i++)
        {
            kernel[i] = column[i / 3] * row[i % 3];
            square += kernel[i] * kernel[i];
        }
        return [.. kernel.Select(v => v / Math.Sqrt(square))];
    }

    static float[] Sum(params ReadOnlySpan<(double Factor, double[] Kernel)> terms)
    {
        var sum = new double[9];
        foreach (var (factor, kernel) in terms)
            for (int i = 0; i < 9; i++) sum[i] += factor * kernel[i];
        return [.. sum.Select(v => (float)v)];
    }
}
