using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Products of rectangular matrices, each as it is or turned. A group has a tile of 128 rows by 128 columns; both factors come through
/// shared memory, sixteen numbers of k at a time, rows of the left one and columns of the right one side by side. A thread has four rows by
/// sixteen columns (<see cref="Tile"/>). What lies beyond the matrices counts as 0.
/// </summary>
internal static class ProductKernels
{
    /// <summary>Rows and columns of a tile; threads of a group.</summary>
    public const int Side = 128, GroupSize = 256;

    /// <summary>Rows and columns of a thread of <see cref="OnHost"/>.</summary>
    public const int HostSide = 4;

    /// <summary>
    /// Threads side by side; numbers of k at a time; quads and floats from one of them in shared memory to the next; numbers that a thread
    /// reads.
    /// </summary>
    const int Lanes = 8, Depth = 16, Pitch = Side / 4 + 1, FloatPitch = 4 * Pitch, Reads = Side * Depth / GroupSize;

    internal struct Parameters
    {
        /// <summary>Rows, columns, and numbers that are summed over.</summary>
        public int M, N, K;

        /// <summary>From one row of the left factor, or one k, to the next; and so of the right one, from one column, or one k.</summary>
        public int LeftRow, LeftStep, RightColumn, RightStep;

        public int Accumulate;
        public float Factor;
    }

    /// <summary>The grid runs over tiles of rows (x) and of columns (y).</summary>
    internal static void Products(ArrayView<float> left, ArrayView<float> right, ArrayView<float> result, Parameters p)
    {
        var shared = SharedMemory.Allocate<Float4>(2 * Depth * Pitch);
        var floats = shared.Cast<float>();
        int firstRow = Grid.IdxX * Side, firstColumn = Grid.IdxY * Side, i = Group.IdxX / Lanes, lane = Group.IdxX % Lanes;
        var rows = shared.SubView(i);
        var columns = shared.SubView(Depth * Pitch + lane);
        Tile tile = default;
        for (int first = 0; first < p.K; first += Depth)
        {
            Group.Barrier();
            Fetch(left, floats, 0, firstRow, p.M, p.LeftRow, first, p.K, p.LeftStep);
            Fetch(right, floats, Depth * FloatPitch, firstColumn, p.N, p.RightColumn, first, p.K, p.RightStep);
            Group.Barrier();
            for (int d = 0; d < Depth * Pitch; d += Pitch)
            {
                Float4 v = rows[d];
                Tile.Add(ref tile, v.X, v.Y, v.Z, v.W, columns.SubView(d), 0, Lanes);
            }
        }
        int row = firstRow + 4 * i, column = firstColumn + 4 * lane;
        Row(result, row, column, tile.A0, tile.A1, tile.A2, tile.A3, p);
        Row(result, row + 1, column, tile.B0, tile.B1, tile.B2, tile.B3, p);
        Row(result, row + 2, column, tile.C0, tile.C1, tile.C2, tile.C3, p);
        Row(result, row + 3, column, tile.D0, tile.D1, tile.D2, tile.D3, p);
    }

    /// <summary>
    /// The same without barriers, after which hosts keep sums in memory: one thread four rows by four columns, those of a thread apart, so
    /// that neighbors read neighboring memory. Rows and columns beyond the last repeat it.
    /// </summary>
    internal static void OnHost(ArrayView<float> left, ArrayView<float> right, ArrayView<float> result, Parameters p)
    {
        int across = (p.N + HostSide - 1) / HostSide, thread = Grid.IdxX * Group.DimX + Group.IdxX, i = thread / across * HostSide,
            j = thread % across;
        if (i >= p.M) return;
        int lastRow = p.M - 1, lastColumn = p.N - 1;
        int i0 = i * p.LeftRow, i1 = Math.Min(i + 1, lastRow) * p.LeftRow;
        int i2 = Math.Min(i + 2, lastRow) * p.LeftRow, i3 = Math.Min(i + 3, lastRow) * p.LeftRow;
        int j0 = j * p.RightColumn, j1 = Math.Min(j + across, lastColumn) * p.RightColumn;
        int j2 = Math.Min(j + 2 * across, lastColumn) * p.RightColumn, j3 = Math.Min(j + 3 * across, lastColumn) * p.RightColumn;
        Float4 a = default, b = default, c = default, d = default;
        for (int k = 0; k < p.K; k++)
        {
            int x = k * p.LeftStep, y = k * p.RightStep;
            Float4 v;
            v.X = right[y + j0];
            v.Y = right[y + j1];
            v.Z = right[y + j2];
            v.W = right[y + j3];
            Float4.AddScaled(ref a, left[x + i0], v);
            Float4.AddScaled(ref b, left[x + i1], v);
            Float4.AddScaled(ref c, left[x + i2], v);
            Float4.AddScaled(ref d, left[x + i3], v);
        }
        Apart(result, i, j, across, a, p);
        Apart(result, i + 1, j, across, b, p);
        Apart(result, i + 2, j, across, c, p);
        Apart(result, i + 3, j, across, d, p);
    }

    /// <summary>
    /// Copies a tile's numbers of a factor to shared memory, [k][line], lines being rows or columns. Neighboring threads read what lies
    /// side by side.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Fetch(ArrayView<float> matrix, ArrayView<float> shared, int to, int firstLine, int lines, int line, int first, int count,
        int step)
    {
        int thread = Group.IdxX;
        bool alongK = step == 1;
        int l = alongK ? thread / Depth : thread % Side, k = alongK ? thread % Depth : thread / Side;
        int nextLine = alongK ? GroupSize / Depth : 0, nextK = alongK ? 0 : GroupSize / Side;
        for (int read = 0; read < Reads; read++)
        {
            bool there = firstLine + l < lines & first + k < count;
            int at = there ? (firstLine + l) * line + (first + k) * step : 0;
            float value = matrix[at];
            shared[to + k * FloatPitch + l] = there ? value : 0;
            l += nextLine;
            k += nextK;
        }
    }

    /// <summary>Sixteen columns of a row, in quads that neighboring threads have between them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Row(ArrayView<float> result, int row, int column, Float4 v0, Float4 v1, Float4 v2, Float4 v3, Parameters p)
    {
        if (row >= p.M) return;
        Quad(result, row, column, v0, p);
        Quad(result, row, column + 4 * Lanes, v1, p);
        Quad(result, row, column + 8 * Lanes, v2, p);
        Quad(result, row, column + 12 * Lanes, v3, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Quad(ArrayView<float> result, int row, int column, Float4 v, Parameters p)
    {
        Entry(result, row, column, v.X, p);
        Entry(result, row, column + 1, v.Y, p);
        Entry(result, row, column + 2, v.Z, p);
        Entry(result, row, column + 3, v.W, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Apart(ArrayView<float> result, int row, int column, int across, Float4 v, Parameters p)
    {
        if (row >= p.M) return;
        Entry(result, row, column, v.X, p);
        Entry(result, row, column + across, v.Y, p);
        Entry(result, row, column + 2 * across, v.Z, p);
        Entry(result, row, column + 3 * across, v.W, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Entry(ArrayView<float> result, int row, int column, float value, Parameters p)
    {
        if (column >= p.N) return;
        int at = row * p.N + column;
        float sum = p.Factor * value;
        if (p.Accumulate != 0) sum += result[at];
        result[at] = sum;
    }
}
