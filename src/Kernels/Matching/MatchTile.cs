using System.Runtime.CompilerServices;
using ILGPU;
using Parameters = GpuStyle.Kernels.MatchKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// Finds the greatest product of each row and each column of a tile of <see cref="MatchKernels.Products"/>, which goes through shared
/// memory a quarter at a time.
/// </summary>
internal static class MatchTile
{
    const int Side = MatchKernels.Side, FloatPitch = MatchKernels.FloatPitch;

    /// <summary>Threads that compare the columns of one row.</summary>
    const int Parts = 4;

    /// <summary>
    /// Called by all threads of a group, whose rows go to shared memory at <paramref name="to"/>, quads <paramref name="step"/> apart.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compare(Tile tile, ArrayView<Float4> shared, int to, int step, ArrayView<float> bestOfRows, ArrayView<float> bestOfColumns,
        int firstRow, int firstColumn, Parameters p)
    {
        var found = SharedMemory.Allocate<float>(2 * Parts * Side);
        int thread = Group.IdxX, rows = Math.Min(Side, p.Rows - firstRow), columns = Math.Min(Side, p.Columns - firstColumn);
        float best = float.NegativeInfinity, number = 0;
        Quarter(tile.A0, tile.A1, tile.A2, tile.A3, 0, shared, found, to, step, rows, columns, ref best, ref number);
        Quarter(tile.B0, tile.B1, tile.B2, tile.B3, 1, shared, found, to, step, rows, columns, ref best, ref number);
        Quarter(tile.C0, tile.C1, tile.C2, tile.C3, 2, shared, found, to, step, rows, columns, ref best, ref number);
        Quarter(tile.D0, tile.D1, tile.D2, tile.D3, 3, shared, found, to, step, rows, columns, ref best, ref number);
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

    /// <summary>
    /// Compares every fourth row of the tile, from the one numbered <paramref name="r"/> on. The first half of the threads has a column
    /// each and goes on with <paramref name="best"/>; of the others four have a row, whose greatest products they find. Each looks at every
    /// fourth of the others.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Quarter(Float4 v0, Float4 v1, Float4 v2, Float4 v3, int r, ArrayView<Float4> shared, ArrayView<float> found,
        int to, int step, int rows, int columns, ref float best, ref float number)
    {
        Group.Barrier();
        shared[to] = v0;
        shared[to + step] = v1;
        shared[to + 2 * step] = v2;
        shared[to + 3 * step] = v3;
        Group.Barrier();
        var floats = shared.Cast<float>();
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
