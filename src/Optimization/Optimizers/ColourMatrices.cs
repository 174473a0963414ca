namespace GpuStyle.Optimization;

/// <summary>Symmetric 3x3 matrices over the colour axes, by rows, in double precision.</summary>
internal static class ColourMatrices
{
    /// <summary>Numbers of a matrix.</summary>
    public const int Size = 9;

    /// <summary>The least share of a matrix's trace that an eigenvalue counts as: inner products are of float32 vectors, and few of them may lie in a plane or on a line.</summary>
    const double Least = 1e-6;

    /// <summary>No gain is farther from that of all bands together, either way: M is summed in float32.</summary>
    const double Furthest = 1000;

    /// <summary>More sweeps than Jacobi's method needs for three rows; it converges quadratically.</summary>
    const int Sweeps = 12;

    /// <summary>
    /// The positive definite G with G Y G = S, the geometric mean of S and the inverse of Y (Bhatia 2007, Positive Definite Matrices, chapter 4):
    /// <code>
    /// G = Y^-1/2 (Y^1/2 S Y^1/2)^1/2 Y^-1/2
    /// </code>
    /// </summary>
    /// <param name="s">S, positive semidefinite but for rounding, and not 0.</param>
    /// <param name="y">Y, likewise.</param>
    /// <param name="g">G, whose eigenvalues are brought between 1000 and 1/1000.</param>
    public static void Mean(ReadOnlySpan<double> s, ReadOnlySpan<double> y, Span<double> g)
    {
        Span<double> steps = stackalloc double[Size], root = stackalloc double[Size], inverse = stackalloc double[Size], inner = stackalloc double[Size];
        Apply(s, static v => v, Least, steps);
        Apply(y, Math.Sqrt, Least, root);
        Apply(y, static v => 1 / Math.Sqrt(v), Least, inverse);
        Between(root, steps, inner);
        Apply(inner, Math.Sqrt, 0, inner);
        Between(inverse, inner, g);
        Apply(g, static v => Math.Clamp(v, 1 / Furthest, Furthest), 0, g);
    }

    /// <summary>result = outer inner outer.</summary>
    static void Between(ReadOnlySpan<double> outer, ReadOnlySpan<double> inner, Span<double> result)
    {
        for (int i = 0; i < 3; i++)
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int k = 0; k < Size; k++) sum += outer[3 * i + k / 3] * inner[k] * outer[3 * (k % 3) + j];
                result[3 * i + j] = result[3 * j + i] = sum;
            }
    }

    /// <summary>
    /// A function of a matrix: the same eigenvectors, and the function's values at its eigenvalues, at least <paramref name="least"/> of its trace each. By Jacobi's rotations (Golub and Van
    /// Loan 2013, section 8.5).
    /// </summary>
    static void Apply(ReadOnlySpan<double> matrix, Func<double, double> function, double least, Span<double> result)
    {
        Span<double> a = stackalloc double[Size], vectors = stackalloc double[Size];
        matrix.CopyTo(a);
        for (int i = 0; i < 3; i++) vectors[4 * i] = 1;
        for (int sweep = 0; sweep < Sweeps; sweep++)
            for (int p = 0; p < 2; p++)
                for (int q = p + 1; q < 3; q++) Rotate(a, vectors, p, q);
        double floor = least * (a[0] + a[4] + a[8]);
        result.Clear();
        for (int k = 0; k < 3; k++)
        {
            double value = function(Math.Max(a[4 * k], floor));
            for (int i = 0; i < Size; i++) result[i] += value * vectors[3 * (i / 3) + k] * vectors[3 * (i % 3) + k];
        }
    }

    /// <summary>The rotation that makes a[p,q] 0, and the eigenvectors with it.</summary>
    static void Rotate(Span<double> a, Span<double> vectors, int p, int q)
    {
        if (a[3 * p + q] == 0) return;
        double ratio = (a[4 * q] - a[4 * p]) / (2 * a[3 * p + q]), t = 1 / (Math.Abs(ratio) + Math.Sqrt(ratio * ratio + 1)) * (ratio < 0 ? -1 : 1), c = 1 / Math.Sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < 3; k++) (a[3 * k + p], a[3 * k + q]) = (c * a[3 * k + p] - s * a[3 * k + q], s * a[3 * k + p] + c * a[3 * k + q]);
        for (int k = 0; k < 3; k++) (a[3 * p + k], a[3 * q + k]) = (c * a[3 * p + k] - s * a[3 * q + k], s * a[3 * p + k] + c * a[3 * q + k]);
        for (int k = 0; k < 3; k++) (vectors[3 * k + p], vectors[3 * k + q]) = (c * vectors[3 * k + p] - s * vectors[3 * k + q], s * vectors[3 * k + p] + c * vectors[3 * k + q]);
    }
}
