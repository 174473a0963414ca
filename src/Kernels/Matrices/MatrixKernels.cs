using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Kernels on matrices stored row by row; formulas in <see cref="IMatrices"/> and <see cref="NewtonSchulz"/>. The last argument before the
/// parameters is overwritten. One thread an entry where nothing else is said.
/// </summary>
internal static class MatrixKernels
{
    /// <summary>Rows and columns of the product that a thread of <see cref="Multiply"/> has.</summary>
    public const int Tile = 4;

    internal struct Parameters
    {
        public int Order, Flag;
        public float Scale, Second, Diagonal;
    }

    /// <summary>Flag: whether there is a vector.</summary>
    internal static void Combine(ArrayView<float> matrix, ArrayView<float> vector, ArrayView<float> result, Parameters p)
    {
        int entry = Grid.IdxX * Group.DimX + Group.IdxX;
        if (entry >= p.Order * p.Order) return;
        int i = entry / p.Order, j = entry % p.Order;
        float sum = p.Scale * matrix[entry];
        if (p.Flag != 0) sum += p.Second * vector[i] * vector[j];
        if (i == j) sum += p.Diagonal;
        result[entry] = sum;
    }

    /// <summary>One thread four rows by four columns; rows and columns beyond the order repeat the last.</summary>
    internal static void Multiply(ArrayView<float> left, ArrayView<float> right, ArrayView<float> result, Parameters p)
    {
        int thread = Grid.IdxX * Group.DimX + Group.IdxX, tiles = (p.Order + Tile - 1) / Tile, n = p.Order;
        if (thread >= tiles * tiles) return;
        int i = thread / tiles * Tile, j = thread % tiles, last = n - 1;
        // Columns of a thread lie apart, so that neighbours read neighbouring memory.
        int j0 = j, j1 = Math.Min(j + tiles, last), j2 = Math.Min(j + 2 * tiles, last), j3 = Math.Min(j + 3 * tiles, last);
        int i0 = i * n, i1 = Math.Min(i + 1, last) * n, i2 = Math.Min(i + 2, last) * n, i3 = Math.Min(i + 3, last) * n;
        Float4 a = default, b = default, c = default, d = default;
        for (int k = 0; k < n; k++)
        {
            int row = k * n;
            Float4 v;
            v.X = right[row + j0];
            v.Y = right[row + j1];
            v.Z = right[row + j2];
            v.W = right[row + j3];
            Float4.AddScaled(ref a, left[i0 + k], v);
            Float4.AddScaled(ref b, left[i1 + k], v);
            Float4.AddScaled(ref c, left[i2 + k], v);
            Float4.AddScaled(ref d, left[i3 + k], v);
        }
        Row(result, i, j, tiles, a, p);
        if (i + 1 < n) Row(result, i + 1, j, tiles, b, p);
        if (i + 2 < n) Row(result, i + 2, j, tiles, c, p);
        if (i + 3 < n) Row(result, i + 3, j, tiles, d, p);
    }

    static void Row(ArrayView<float> result, int i, int j, int tiles, Float4 v, Parameters p)
    {
        Entry(result, i, j, v.X, p);
        Entry(result, i, j + tiles, v.Y, p);
        Entry(result, i, j + 2 * tiles, v.Z, p);
        Entry(result, i, j + 3 * tiles, v.W, p);
    }

    static void Entry(ArrayView<float> result, int i, int j, float value, Parameters p)
    {
        if (j < p.Order) result[i * p.Order + j] = p.Scale * value + (i == j ? p.Diagonal : 0);
    }

    /// <summary>One group a row. Flag: added to.</summary>
    internal static void Apply(ArrayView<float> matrix, ArrayView<float> vector, ArrayView<float> result, Parameters p)
    {
        double sum = 0;
        for (int j = Group.IdxX; j < p.Order; j += IlgpuSums.GroupSize) sum += (double)matrix[Grid.IdxX * p.Order + j] * vector[j];
        sum = IlgpuSums.OfGroup(sum);
        if (Group.IdxX != 0) return;
        double scaled = p.Scale * sum;
        if (p.Flag != 0) scaled += result[Grid.IdxX];
        result[Grid.IdxX] = (float)scaled;
    }

    /// <summary>One group; adds scale tr A.</summary>
    internal static void Trace(ArrayView<float> matrix, ArrayView<double> parts, Parameters p)
    {
        double sum = OfDiagonal(matrix, p.Order);
        if (Group.IdxX == 0) parts[0] += p.Scale * sum;
    }

    /// <summary>One group; tr A to the number.</summary>
    internal static void TraceAsNumber(ArrayView<float> matrix, ArrayView<float> number, int order)
    {
        double sum = OfDiagonal(matrix, order);
        if (Group.IdxX == 0) number[0] = (float)sum;
    }

    internal static void Normalise(ArrayView<float> matrix, ArrayView<float> trace, ArrayView<float> result, Parameters p)
    {
        int entry = Grid.IdxX * Group.DimX + Group.IdxX;
        if (entry >= p.Order * p.Order) return;
        float value = matrix[entry] / trace[0];
        if (entry / p.Order == entry % p.Order) value += p.Diagonal;
        result[entry] = value;
    }

    /// <summary>Flag: divided by the root.</summary>
    internal static void ScaleByRoot(ArrayView<float> matrix, ArrayView<float> number, ArrayView<float> result, Parameters p)
    {
        int entry = Grid.IdxX * Group.DimX + Group.IdxX;
        if (entry >= p.Order * p.Order) return;
        float root = MathF.Sqrt(number[0]);
        result[entry] = p.Flag != 0 ? matrix[entry] / root : matrix[entry] * root;
    }

    static double OfDiagonal(ArrayView<float> matrix, int order)
    {
        double sum = 0;
        for (int i = Group.IdxX; i < order; i += IlgpuSums.GroupSize) sum += matrix[i * (order + 1)];
        return IlgpuSums.OfGroup(sum);
    }
}
