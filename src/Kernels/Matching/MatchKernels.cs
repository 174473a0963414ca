using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The nearest neighbors of rows, on GPUs: a matrix product that is compared where it is made (<see cref="MatchTile"/>), and never stored.
/// A group has a tile of 128 rows of A by 128 of B, its columns; both come through shared memory, sixteen numbers of each row at a time,
/// turned around. A thread has four rows by sixteen columns (<see cref="Tile"/>). Rows and columns beyond the last repeat it and are not
/// compared.
/// <code>
/// best of rows [tile of columns][2][m], best of columns [tile of rows][2][n]: the greatest product within the tile, and its number
/// </code>
/// </summary>
internal static class MatchKernels
{
    /// <summary>Rows and columns of a tile; threads of a group.</summary>
    public const int Side = 128, GroupSize = 256;

    /// <summary>Quads and floats from one row in shared memory to the next.</summary>
    public const int Pitch = Side / 4 + 1, FloatPitch = 4 * Pitch;

    /// <summary>Threads side by side; numbers of a row at a time; rows that a group's threads read at once.</summary>
    const int Lanes = Side / 16, Depth = 16, ReadRows = GroupSize / Depth;

    internal struct Parameters
    {
        /// <summary>Rows of A and of B; numbers of a row.</summary>
        public int Rows, Columns, Length;

        /// <summary>Whether the greatest product of each row, and of each column, is wanted.</summary>
        public int OfRows, OfColumns;
    }

    /// <summary>First stage; the grid runs over tiles of rows (x) and of columns (y).</summary>
    internal static void Products(ArrayView<float> a, ArrayView<float> b, ArrayView<float> bestOfRows, ArrayView<float> bestOfColumns, Parameters p)
    {
        var shared = SharedMemory.Allocate<Float4>(2 * Depth * Pitch);
        var floats = shared.Cast<float>();
        // Columns of a thread are in quads that neighbors have between them, so that neighbors read neighboring memory.
        int i = Group.IdxX / Lanes, j = Group.IdxX % Lanes, firstRow = Grid.IdxX * Side, firstColumn = Grid.IdxY * Side;
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
                Tile.Add(ref tile, v.X, v.Y, v.Z, v.W, right.SubView(d), 0, Lanes);
            }
        }
        MatchTile.Compare(tile, shared, i * Pitch + j, Lanes, bestOfRows, bestOfColumns, firstRow, firstColumn, p);
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
    /// Copies sixteen numbers of each of the tile's rows to shared memory, from number <paramref name="first"/> on; numbers behind the last
    /// repeat it. Places are counted from the tile's first row, and go on from one to the next: kept apart, they would fill the registers.
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
}
