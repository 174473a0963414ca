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
/// transfer").
/// </summary>
public static class ColourTransfer
{
    /// <summary>Gives mean and covariance of the other's colours (section 3.1): x' = A (x - mean) + mean_target.</summary>
    public static ColourMap Covariance(ColourStatistics from, ColourStatistics to, CovarianceRoot root)
    {
        var a = root switch
        {
            CovarianceRoot.Cholesky => Matrix3.Product(Matrix3.Cholesky(to.Covariance), Matrix3.InverseOfLower(Matrix3.Cholesky(from.Covariance))),
            CovarianceRoot.Pca => Matrix3.Product(Matrix3.Power(to.Covariance, 0.5), Matrix3.Power(from.Covariance, -0.5)),
            _ => Symmetric(from.Covariance, to.Covariance),
        };
        double[] mean = from.Mean, wanted = to.Mean;
        return new(SpaceOf(from, to), p =>
        {
            var moved = Matrix3.Times(a, p.A - mean[0], p.B - mean[1], p.C - mean[2]);
            return new(moved.A + wanted[0], moved.B + wanted[1], moved.C + wanted[2]);
        });
    }

    /// <summary>Gives each coordinate the other's histogram: a value takes the place that has its rank.</summary>
    public static ColourMap Histogram(ColourStatistics from, ColourStatistics to) => Histogram(from, [(to, 1)]);

    /// <summary>Gives each coordinate the mean of several others' histograms, rank by rank: between two colours lies a third, not some of each.</summary>
    /// <param name="from">Of the pictures to be changed.</param>
    /// <param name="to">Taken one by one, with shares of sum 1.</param>
    public static ColourMap Histogram(ColourStatistics from, IEnumerable<(ColourStatistics To, double Share)> to)
    {
        var axes = to.Select(t => (t.Share, Axes: Axes(from, t.To))).ToArray();
        double At(int axis, double value) => axes.Sum(t => t.Share * t.Axes[axis](value));
        return new(from.Space, p => new(At(0, p.A), At(1, p.B), At(2, p.C)));
    }

    /// <summary>Takes colour away.</summary>
    /// <exception cref="ArgumentException">The space has no luminance.</exception>
    public static ColourMap Luminance(ColourSpace space) => new(Checked(space), p => new(p.A, 0, 0));

    /// <summary>Takes colour away and gives luminance the other's mean and deviation (section 3.2).</summary>
    /// <exception cref="ArgumentException">The space has no luminance.</exception>
    public static ColourMap Luminance(ColourStatistics from, ColourStatistics to)
    {
        double factor = Math.Sqrt(to.Covariance[0, 0] / from.Covariance[0, 0]), mean = from.Mean[0], wanted = to.Mean[0];
        return new(Checked(SpaceOf(from, to)), p => new((p.A - mean) * factor + wanted, 0, 0));
    }

    /// <summary>The luminance of pixels [3,n] with the chrominance of as many others.</summary>
    /// <exception cref="ArgumentException">The numbers differ, or the space has no luminance.</exception>
    public static void WithChrominance(ReadOnlySpan<float> luminance, ReadOnlySpan<float> chrominance, Span<float> result, ColourSpace space)
    {
        Checked(space);
        if (luminance.Length != chrominance.Length) throw new ArgumentException($"{luminance.Length / 3} pixels cannot take the colours of {chrominance.Length / 3}");
        int n = luminance.Length / 3;
        for (int i = 0; i < n; i++)
        {
            var colour = space.From(chrominance[i], chrominance[i + n], chrominance[i + 2 * n]);
            space.Write(colour with { A = space.From(luminance[i], luminance[i + n], luminance[i + 2 * n]).A }, result, i);
        }
    }

    static ColourSpace Checked(ColourSpace space) =>
        space.HasLuminance() ? space : throw new ArgumentException($"the colour space {space} has no luminance; use Yiq, Yuv or Lab");

    static Func<double, double>[] Axes(ColourStatistics from, ColourStatistics to)
    {
        SpaceOf(from, to);
        return [.. from.Histograms.Zip(to.Histograms, (own, wanted) => own.To(wanted))];
    }

    static ColourSpace SpaceOf(ColourStatistics from, ColourStatistics to) =>
        from.Space == to.Space ? from.Space : throw new ArgumentException($"statistics in {from.Space} and in {to.Space} cannot be compared");

    static double[,] Symmetric(double[,] from, double[,] to)
    {
        double[,] root = Matrix3.Power(from, 0.5), inverse = Matrix3.Power(from, -0.5);
        return Matrix3.Product(Matrix3.Product(inverse, Matrix3.Power(Matrix3.Product(Matrix3.Product(root, to), root), 0.5)), inverse);
    }
}
