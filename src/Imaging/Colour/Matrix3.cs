namespace GpuStyle.Imaging;

/// <summary>3x3 matrices, as little of them as colours need.</summary>
static class Matrix3
{
    public static double[,] Product(double[,] a, double[,] b) => Of((i, j) => a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]);

    public static ColourPoint Times(double[,] m, double x, double y, double z) =>
        new(m[0, 0] * x + m[0, 1] * y + m[0, 2] * z, m[1, 0] * x + m[1, 1] * y + m[1, 2] * z, m[2, 0] * x + m[2, 1] * y + m[2, 2] * z);

    /// <summary>The lower triangle L of a positive definite matrix L L^T.</summary>
    public static double[,] Cholesky(double[,] m)
    {
        var l = new double[3, 3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j <= i; j++)
            {
                double rest = m[i, j];
                for (int k = 0; k < j; k++) rest -= l[i, k] * l[j, k];
                l[i, j] = i == j ? Math.Sqrt(rest) : rest / l[j, j];
            }
        return l;
    }

    /// <summary>The inverse of a lower triangle.</summary>
    public static double[,] InverseOfLower(double[,] l)
    {
        var inverse = new double[3, 3];
        for (int j = 0; j < 3; j++)
            for (int i = j; i < 3; i++)
            {
                double rest = i == j ? 1 : 0;
                for (int k = j; k < i; k++) rest -= l[i, k] * inverse[k, j];
                inverse[i, j] = rest / l[i, i];
            }
        return inverse;
    }

    /// <summary>A power of a symmetric positive definite matrix: that of its eigenvalues.</summary>
    public static double[,] Power(double[,] m, double exponent)
    {
        var (values, vectors) = Eigen(m);
        return Of((i, j) => Enumerable.Range(0, 3).Sum(k => vectors[i, k] * Math.Pow(values[k], exponent) * vectors[j, k]));
    }

    /// <summary>Eigenvalues and, in columns, eigenvectors of a symmetric matrix, by Jacobi's rotations.</summary>
    static (double[] Values, double[,] Vectors) Eigen(double[,] m)
    {
        var a = (double[,])m.Clone();
        var v = Of((i, j) => i == j ? 1 : 0);
        for (int sweep = 0; sweep < 32; sweep++)
            for (int p = 0; p < 2; p++)
                for (int q = p + 1; q < 3; q++)
                {
                    if (a[p, q] == 0) continue;
                    double theta = (a[q, q] - a[p, p]) / (2 * a[p, q]), t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
                    double c = 1 / Math.Sqrt(t * t + 1), s = t * c;
                    Rotate(a, p, q, c, s, columns: true);
                    Rotate(a, p, q, c, s, columns: false);
                    Rotate(v, p, q, c, s, columns: true);
                }
        return ([a[0, 0], a[1, 1], a[2, 2]], v);
    }

    static void Rotate(double[,] m, int p, int q, double c, double s, bool columns)
    {
        for (int k = 0; k < 3; k++)
        {
            ref double x = ref columns ? ref m[k, p] : ref m[p, k];
            ref double y = ref columns ? ref m[k, q] : ref m[q, k];
            (x, y) = (c * x - s * y, s * x + c * y);
        }
    }

    public static double[,] Of(Func<int, int, double> value)
    {
        var m = new double[3, 3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) m[i, j] = value(i, j);
        return m;
    }
}
