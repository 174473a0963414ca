namespace GpuStyle.Imaging;

/// <summary>Mean and covariance of a picture's colours in a space, over its visible pixels.</summary>
/// <param name="Mean">Mean of each coordinate.</param>
/// <param name="Covariance">Their covariance, made positive definite where a picture has fewer colours.</param>
sealed record ColourStatistics(double[] Mean, double[,] Covariance)
{
    /// <summary>What is added to each variance, as a share of the mean one: nothing that could be seen.</summary>
    const double Least = 1e-7;

    public static ColourStatistics Of(Picture picture, ColourSpace space)
    {
        var mean = new double[3];
        var covariance = new double[3, 3];
        for (int i = 0; i < picture.Pixels; i++)
        {
            var p = picture.Colour(i, space);
            for (int a = 0; a < 3; a++) mean[a] += p[a] / picture.Pixels;
        }
        for (int i = 0; i < picture.Pixels; i++)
        {
            var p = picture.Colour(i, space);
            for (int a = 0; a < 3; a++)
                for (int b = 0; b <= a; b++) covariance[a, b] += (p[a] - mean[a]) * (p[b] - mean[b]) / picture.Pixels;
        }
        double little = Math.Max(Least * (covariance[0, 0] + covariance[1, 1] + covariance[2, 2]) / 3, 1e-12);
        for (int a = 0; a < 3; a++)
        {
            covariance[a, a] += little;
            for (int b = 0; b < a; b++) covariance[b, a] = covariance[a, b];
        }
        return new(mean, covariance);
    }
}
