namespace GpuStyle.Imaging;

/// <summary>Which matrix takes one covariance to another; there are many.</summary>
public enum CovarianceRoot
{
    /// <summary>L_t L_s^-1 with Cholesky's triangles: depends on the order of the channels.</summary>
    Cholesky,

    /// <summary>C_t^1/2 C_s^-1/2, roots by principal axes: the image analogies' way.</summary>
    Pca,

    /// <summary>C_s^-1/2 (C_s^1/2 C_t C_s^1/2)^1/2 C_s^-1/2: the symmetric one, which moves colours least (Monge and Kantorovich).</summary>
    Symmetric,
}

/// <summary>
/// The colours of one picture for another (Gatys, Bethge, Hertzmann and Shechtman 2016, "Preserving color in neural artistic style
/// transfer"). Results are clamped to 0..255; opacity is kept.
/// </summary>
public static class ColourTransfer
{
    /// <summary>The picture, with mean and covariance of its colours as in another (section 3.1): x' = A (x - mean) + mean_target.</summary>
    public static Picture MatchCovariance(Picture picture, Picture target, ColourSpace space, CovarianceRoot root)
    {
        ColourStatistics from = ColourStatistics.Of(picture, space), to = ColourStatistics.Of(target, space);
        var a = root switch
        {
            CovarianceRoot.Cholesky => Matrix3.Product(Matrix3.Cholesky(to.Covariance), Matrix3.InverseOfLower(Matrix3.Cholesky(from.Covariance))),
            CovarianceRoot.Pca => Matrix3.Product(Matrix3.Power(to.Covariance, 0.5), Matrix3.Power(from.Covariance, -0.5)),
            _ => Symmetric(from.Covariance, to.Covariance),
        };
        return Map(picture, space, (_, p) =>
        {
            var moved = Matrix3.Times(a, p.A - from.Mean[0], p.B - from.Mean[1], p.C - from.Mean[2]);
            return new(moved.A + to.Mean[0], moved.B + to.Mean[1], moved.C + to.Mean[2]);
        });
    }

    /// <summary>The picture, with each coordinate's histogram as in another: a value takes the place that has its rank.</summary>
    public static Picture MatchHistogram(Picture picture, Picture target, ColourSpace space)
    {
        var matched = new double[3][];
        for (int axis = 0; axis < 3; axis++)
        {
            double[] values = Coordinates(picture, space, axis), wanted = Coordinates(target, space, axis);
            int[] order = [.. Enumerable.Range(0, values.Length)];
            Array.Sort(values, order);
            Array.Sort(wanted);
            matched[axis] = new double[values.Length];
            for (int first = 0, end; first < values.Length; first = end)
            {
                // Equal values stay equal: they share the mean of their ranks.
                for (end = first + 1; end < values.Length && values[end] == values[first];) end++;
                double rank = (0.5 * (first + end - 1) + 0.5) / values.Length * wanted.Length - 0.5;
                int below = Math.Clamp((int)Math.Floor(rank), 0, wanted.Length - 1), above = Math.Min(below + 1, wanted.Length - 1);
                double value = wanted[below] + Math.Clamp(rank - below, 0, 1) * (wanted[above] - wanted[below]);
                for (int i = first; i < end; i++) matched[axis][order[i]] = value;
            }
        }
        return Map(picture, space, (i, _) => new(matched[0][i], matched[1][i], matched[2][i]));
    }

    /// <summary>The picture without colour.</summary>
    /// <exception cref="ArgumentException">The space has no luminance.</exception>
    public static Picture Luminance(Picture picture, ColourSpace space)
    {
        Check(space);
        return Map(picture, space, (_, p) => new(p.A, 0, 0));
    }

    /// <summary>The picture without colour, its luminance with mean and deviation as in another (section 3.2).</summary>
    /// <exception cref="ArgumentException">The space has no luminance.</exception>
    public static Picture MatchLuminance(Picture picture, Picture target, ColourSpace space)
    {
        Check(space);
        ColourStatistics from = ColourStatistics.Of(picture, space), to = ColourStatistics.Of(target, space);
        double factor = Math.Sqrt(to.Covariance[0, 0] / from.Covariance[0, 0]);
        return Map(picture, space, (_, p) => new((p.A - from.Mean[0]) * factor + to.Mean[0], 0, 0));
    }

    /// <summary>The luminance of one picture with the chrominance of another of the same size.</summary>
    /// <exception cref="ArgumentException">The sizes differ, or the space has no luminance.</exception>
    public static Picture WithChrominance(Picture luminance, Picture chrominance, ColourSpace space)
    {
        Check(space);
        if (luminance.Width != chrominance.Width || luminance.Height != chrominance.Height)
            throw new ArgumentException($"a picture of {luminance.Width} x {luminance.Height} pixels cannot take the colours of one of {chrominance.Width} x {chrominance.Height}");
        return Map(luminance, space, (i, p) => chrominance.Colour(i, space) with { A = p.A });
    }

    /// <summary>A pixel in a space.</summary>
    internal static ColourPoint Colour(this Picture picture, int pixel, ColourSpace space) =>
        space.From(picture.Rgb[pixel], picture.Rgb[pixel + picture.Pixels], picture.Rgb[pixel + 2 * picture.Pixels]);

    static void Check(ColourSpace space)
    {
        if (!space.HasLuminance()) throw new ArgumentException($"the colour space {space} has no luminance; use Yiq, Yuv or Lab");
    }

    static double[,] Symmetric(double[,] from, double[,] to)
    {
        double[,] root = Matrix3.Power(from, 0.5), inverse = Matrix3.Power(from, -0.5);
        return Matrix3.Product(Matrix3.Product(inverse, Matrix3.Power(Matrix3.Product(Matrix3.Product(root, to), root), 0.5)), inverse);
    }

    static double[] Coordinates(Picture picture, ColourSpace space, int axis)
    {
        var values = new double[picture.Pixels];
        for (int i = 0; i < values.Length; i++) values[i] = picture.Colour(i, space)[axis];
        return values;
    }

    static Picture Map(Picture picture, ColourSpace space, Func<int, ColourPoint, ColourPoint> map)
    {
        var rgb = new float[picture.Rgb.Length];
        for (int i = 0; i < picture.Pixels; i++)
        {
            var p = space.ToRgb(map(i, picture.Colour(i, space)));
            for (int c = 0; c < 3; c++) rgb[i + c * picture.Pixels] = (float)Math.Clamp(p[c], 0, 255);
        }
        return picture with { Rgb = rgb };
    }
}
