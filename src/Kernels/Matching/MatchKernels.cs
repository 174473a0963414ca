using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The nearest neighbors of rows: a matrix product that is compared where it is made, and never stored. A group has a tile of 128 rows of A
/// by 128 of B, its columns; both come through shared memory, sixteen numbers of each row at a time, turned around. A thread has four rows
/// by sixteen columns (<see cref="Tile"/>). Rows and columns beyond the last repeat it and are not compared.
/// <code>
/// best of rows [tile of columns][2][m], best of columns [tile of rows][2][n]: the greatest product within the tile, and its number
/// </code>
/// </summary>
internal static class MatchKernels
{
    /// <summary>Rows and columns of a tile; threads of a group.</summary>
    public const int Side = 128, GroupSize = 256;

    /// <summary>Threads side by side; numbers of a row at a time; quads and floats from one row in shared memory to the next.</summary>
    const int Lanes = 8, Depth = 16, Pitch = Side / 4 + 1, FloatPitch = 4 * Pitch;

    /// <summary>Rows that a group's threads read at once; threads that compare the columns of one row.</summary>
    const int ReadRows = GroupSize / Depth, Parts = 4;

    internal struct Parameters
    {
        /// <summary>Rows of A and of B; numbers of a row.</summary>
        public int Rows, Columns, Length;

        /// <summary>Whether the greatest product of each row, and of each column, is wanted.</summary>
        public int OfRows, OfColumns;
    }

    /// <summary>First stage; the grid runs over tiles of rows (x) and of columns (y).</summary>
    internal static void Products<TTiling>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> bestOfRows, ArrayView<float> bestOfColumns, Parameters p)
        where TTiling : struct, ITiling
    {
        var shared = SharedMemory.Allocate<Float4>(2 * Depth * Pitch);
        var found = SharedMemory.Allocate<float>(2 * Parts * Side);
        var floats = shared.Cast<float>();
        int thread = Group.IdxX, firstRow = Grid.IdxX * Side, firstColumn = Grid.IdxY * Side, i = thread / Lanes, lane = thread % Lanes;
        // A thread's columns: side by side for hosts, in quads that neighboring threads have between them for GPUs.
        int step = TTiling.Lanes == 1 ? 1 : Lanes, j = TTiling.Lanes == 1 ? 4 * lane : lane;
        var left = shared.SubView(i);
        var right = shared.SubView(Depth * Pitch + j);
        Tile tile = default;
        for (int first = 0; first < p.Length; first += Depth)
        {
            Group.Barrier();
            Fetch(a, b, firstRow, firstColumn, first, floats, p);
            Group.Barrier();
            int end = Math.Min(Depth, p.Length - first) * Pitch;
            for (int d = 0; d < end; d += Pitch)
            {
                Float4 v = left[d];
                Tile.Add(ref tile, v.X, v.Y, v.Z, v.W, right.SubView(d), 0, step);
            }
        }
        int rows = Math.Min(Side, p.Rows - firstRow), columns = Math.Min(Side, p.Columns - firstColumn), to = i * Pitch + j;
        float best = float.NegativeInfinity, number = 0;
        Compare(tile.A0, tile.A1, tile.A2, tile.A3, 0, shared, floats, found, to, step, rows, columns, ref best, ref number);
        Compare(tile.B0, tile.B1, tile.B2, tile.B3, 1, shared, floats, found, to, step, rows, columns, ref best, ref number);
        Compare(tile.C0, tile.C1, tile.C2, tile.C3, 2, shared, floats, found, to, step, rows, columns, ref best, ref number);
        Compare(tile.D0, tile.D1, tile.D2, tile.D3, 3, shared, floats, found, to, step, rows, columns, ref best, ref number);
        Group.Barrier();
        if (thread < Side)
        {
            if (p.OfColumns != 0 && thread < columns) Store(bestOfColumns, Grid.IdxX, p.Columns, firstColumn + thread, best, firstRow + number);
            return;
        }
        int row = thread - Side;
        if (p.OfRows == 0 || row >= rows) return;
        for (int part = 0; part < Parts; part++) Take(found[row * Parts + part], found[(Side + row) * Parts + part], ref best, ref number);
        Store(bestOfRows, Grid.IdxY, p.Rows, firstRow + row, best, firstColumn + number);
    }

    /// <summary>Second stage: the greatest of all tiles, of equal ones the first. One thread a row, or a column.</summary>
    internal static void Nearest(ArrayView<float> best, ArrayView<float> nearest, int count, int tiles)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= count) return;
        float top = best[i], number = best[count + i];
        for (int tile = 1; tile < tiles; tile++)
        {
            long at = 2L * tile * count + i;
            float value = best[at];
            if (value > top)
            {
                top = value;
                number = best[at + count];
            }
        }
        nearest[i] = number;
    }

    /// <summary>
    /// Copies sixteen numbers of each of the tile's rows to shared memory, from number <paramref name="first"/> on; numbers behind the last repeat it.
    /// Places are counted from the tile's first row, and go on from one to the next: kept apart, they would fill the registers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Fetch(ArrayView<float> a, ArrayView<float> b, int firstRow, int firstColumn, int first, ArrayView<float> shared, Parameters p)
    {
        var left = a.SubView((long)firstRow * p.Length);
        var right = b.SubView((long)firstColumn * p.Length);
        int line = Group.IdxX / Depth, k = Group.IdxX % Depth, number = Math.Min(first + k, p.Length - 1), step = ReadRows * p.Length;
        int lastOfA = (p.Rows - 1 - firstRow) * p.Length + number, lastOfB = (p.Columns - 1 - firstColumn) * p.Length + number;
        int at = line * p.Length + number, to = k * FloatPitch + line;
        for (int half = 0; half < 2; half++)
        {
            Float4 x = Read(left, at, step, lastOfA), y = Read(right, at, step, lastOfB);
            Write(shared, to, x);
            Write(shared, to + Depth * FloatPitch, y);
            at += 4 * step;
            to += 4 * ReadRows;
        }
    }

    /// <summary>One number of each of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Float4 Read(ArrayView<float> matrix, int at, int step, int last)
    {
        Float4 v;
        v.X = matrix[Math.Min(at, last)];
        v.Y = matrix[Math.Min(at + step, last)];
        v.Z = matrix[Math.Min(at + 2 * step, last)];
        v.W = matrix[Math.Min(at + 3 * step, last)];
        return v;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Write(ArrayView<float> shared, int at, Float4 v)
    {
        shared[at] = v.X;
        shared[at + ReadRows] = v.Y;
        shared[at + 2 * ReadRows] = v.Z;
        shared[at + 3 * ReadRows] = v.W;
    }

    /// <summary>
    /// Compares every fourth row of the tile, from the one numbered <paramref name="r"/> on. The first half of the threads has a column each
    /// and goes on with <paramref name="best"/>; of the others four have a row, whose greatest products they find. Each looks at every fourth of
    /// the others.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Compare(Float4 v0, Float4 v1, Float4 v2, Float4 v3, int r, ArrayView<Float4> shared, ArrayView<float> floats, ArrayView<float> found,
        int to, int step, int rows, int columns, ref float best, ref float number)
    {
        Group.Barrier();
        shared[to] = v0;
        shared[to + step] = v1;
        shared[to + 2 * step] = v2;
        shared[to + 3 * step] = v3;
        Group.Barrier();
        int thread = Group.IdxX, line = (thread - Side) / Parts, part = thread % Parts;
        bool ofColumn = thread < Side;
        int at = ofColumn ? thread : line * FloatPitch + part, next = ofColumn ? FloatPitch : Parts, end = ofColumn ? rows : columns;
        float top = float.NegativeInfinity, of = 0;
        for (int other = ofColumn ? r : part; other < end; other += 4, at += next)
        {
            float value = floats[at];
            if (value > top)
            {
                top = value;
                of = other;
            }
        }
        if (ofColumn) Take(top, of, ref best, ref number);
        else
        {
            int i = (4 * line + r) * Parts + part;
            found[i] = top;
            found[Side * Parts + i] = of;
        }
    }

    /// <summary>Keeps the greater of two products, of equal ones that with the lower number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Take(float value, float of, ref float best, ref float number)
    {
        bool better = value > best | (value == best & of < number);
        best = better ? value : best;
        number = better ? of : number;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(ArrayView<float> best, int tile, int count, int i, float value, float number)
    {
        long at = 2L * tile * count + i;
        best[at] = value;
        best[at + count] = number;
    }
}
