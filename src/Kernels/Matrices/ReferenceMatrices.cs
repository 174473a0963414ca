namespace GpuStyle.Kernels;

internal sealed class ReferenceMatrices : IMatrices
{
    public void Combine(Tensor matrix, double scale, Tensor? vector, double vectorScale, double diagonal, Tensor result)
    {
        int n = IMatrices.Order(matrix, result);
        IMatrices.CheckVectors(n, vector);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                result.Row(0, i)[j] = scale * matrix.Row(0, i)[j] + (vector is null ? 0 : vectorScale * vector.Values()[i] * vector.Values()[j]) + (i == j ? diagonal : 0);
    }

    public void Multiply(Tensor left, Tensor right, double scale, double diagonal, Tensor result)
    {
        int n = IMatrices.Order(left, right, result);
        Parallel.For(0, n, i =>
        {
            var to = result.Row(0, i);
            to.Clear();
            for (int k = 0; k < n; k++)
            {
                double a = scale * left.Row(0, i)[k];
                var b = right.Row(0, k);
                for (int j = 0; j < n; j++) to[j] += a * b[j];
            }
            to[i] += diagonal;
        });
    }

    public void Apply(Tensor matrix, Tensor vector, double scale, Tensor result, bool accumulate)
    {
        int n = IMatrices.Order(matrix);
        IMatrices.CheckVectors(n, vector, result);
        for (int i = 0; i < n; i++)
        {
            double sum = 0;
            for (int j = 0; j < n; j++) sum += matrix.Row(0, i)[j] * vector.Values()[j];
            result.Values()[i] = scale * sum + (accumulate ? result.Values()[i] : 0);
        }
    }

    public void Trace(Tensor matrix, double scale, ScalarSlot sum)
    {
        for (int i = 0; i < IMatrices.Order(matrix); i++) sum.Add(scale * matrix.Row(0, i)[i]);
    }

    public void SquareRoot(Tensor matrix, Tensor root, Tensor inverseRoot)
    {
        int n = IMatrices.Order(matrix, root, inverseRoot);
        var (values, vectors) = Eigenvalues(matrix.Values().ToArray(), n);
        double[] roots = Array.ConvertAll(values, Math.Sqrt);
        Parallel.For(0, n, i =>
        {
            for (int j = 0; j < n; j++)
            {
                double a = 0, b = 0;
                for (int k = 0; k < n; k++)
                {
                    double product = vectors[k * n + i] * vectors[k * n + j];
                    a += roots[k] * product;
                    b += product / roots[k];
                }
                (root.Row(0, i)[j], inverseRoot.Row(0, i)[j]) = (a, b);
            }
        });
    }

    /// <summary>Eigenvalues of a symmetric matrix, and eigenvectors as rows, by Jacobi's rotations; <paramref name="a"/> is destroyed.</summary>
    static (double[] Values, double[] Vectors) Eigenvalues(double[] a, int n)
    {
        var vectors = new double[n * n];
        for (int i = 0; i < n; i++) vectors[i * n + i] = 1;
        for (int sweep = 0; sweep < 50; sweep++)
        {
            double off = 0, on = 0;
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    if (i == j) on += a[i * n + j] * a[i * n + j];
                    else off += a[i * n + j] * a[i * n + j];
            if (off <= 1e-30 * on) break;
            for (int p = 0; p < n; p++)
                for (int q = p + 1; q < n; q++) Rotate(a, vectors, n, p, q);
        }
        return ([.. Enumerable.Range(0, n).Select(i => a[i * n + i])], vectors);
    }

    /// <summary>Turns rows and columns p and q so that their common entry becomes 0.</summary>
    static void Rotate(double[] a, double[] vectors, int n, int p, int q)
    {
        double apq = a[p * n + q];
        if (apq == 0) return;
        double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        double t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1)), c = 1 / Math.Sqrt(t * t + 1), s = t * c;
        Mix(a.AsSpan(p * n, n), a.AsSpan(q * n, n), c, s);
        for (int k = 0; k < n; k++) (a[k * n + p], a[k * n + q]) = (c * a[k * n + p] - s * a[k * n + q], s * a[k * n + p] + c * a[k * n + q]);
        Mix(vectors.AsSpan(p * n, n), vectors.AsSpan(q * n, n), c, s);
    }

    static void Mix(Span<double> x, Span<double> y, double c, double s)
    {
        for (int k = 0; k < x.Length; k++) (x[k], y[k]) = (c * x[k] - s * y[k], s * x[k] + c * y[k]);
    }
}
