using System.Runtime.CompilerServices;
using ILGPU;
using Parameters = GpuStyle.Kernels.MatchKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// The nearest neighbors of rows, on a host's cores: as <see cref="MatchKernels"/>, but one thread has a whole tile, without barriers.
/// OpenCL on hosts keeps in memory what outlives a barrier, sums above all.
/// </summary>
internal static class HostMatchKernels
{
    /// <summary>Rows of B in a panel.</summary>
    public const int PanelRows = 16;

    const int Side = MatchKernels.Side, PanelQuads = PanelRows / 4;

    /// <summary>Rows of B in panels, [panel][k][16]; those beyond the last repeat it. One thread a number.</summary>
    internal static void Pack(ArrayView<float> rows, ArrayView<float> packed, int count, int length)
    {
        long thread = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (thread >= packed.Length) return;
        int lane = (int)(thread % PanelRows), k = (int)(thread / PanelRows % length), panel = (int)(thread / PanelRows / length);
        packed[thread] = rows[(long)Math.Min(panel * PanelRows + lane, count - 1) * length + k];
    }

    /// <summary>First stage; the grid runs over tiles of rows (x) and of columns (y), a thread each.</summary>
    internal static void Products(ArrayView<float> a, ArrayView<Float4> b, ArrayView<float> bestOfRows, ArrayView<float> bestOfColumns, Parameters p)
    {
        var products = SharedMemory.Allocate<Float4>(4 * PanelQuads);
        int firstRow = Grid.IdxX * Side, rows = Math.Min(Side, p.Rows - firstRow);
        int firstColumn = Grid.IdxY * Side, columns = Math.Min(Side, p.Columns - firstColumn);
        var ofRows = bestOfRows.SubView(2L * Grid.IdxY * p.Rows + firstRow);
        var ofColumns = bestOfColumns.SubView(2L * Grid.IdxX * p.Columns + firstColumn);
        Begin(ofRows, rows, p.Rows, firstColumn);
        Begin(ofColumns, columns, p.Columns, firstRow);
        for (int column = 0; column < columns; column += PanelRows)
            for (int row = 0; row < rows; row += 4)
            {
                Multiply(a, b, firstRow + row, (firstColumn + column) / PanelRows, products, p);
                Compare(products.Cast<float>(), Math.Min(4, rows - row), Math.Min(PanelRows, columns - column),
                    ofRows.SubView(row), p.Rows, firstRow + row, ofColumns.SubView(column), p.Columns, firstColumn + column);
            }
    }

    /// <summary>Nothing found yet: any product is greater, but for what is no number.</summary>
    static void Begin(ArrayView<float> best, int count, int pitch, int first)
    {
        for (int i = 0; i < count; i++)
        {
            best[i] = float.NegativeInfinity;
            best[pitch + i] = first;
        }
    }

    /// <summary>Four rows by a panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Multiply(ArrayView<float> a, ArrayView<Float4> b, int row, int panel, ArrayView<Float4> products, Parameters p)
    {
        int last = p.Rows - 1;
        long a0 = (long)row * p.Length, a1 = (long)Math.Min(row + 1, last) * p.Length, a2 = (long)Math.Min(row + 2, last) * p.Length;
        long a3 = (long)Math.Min(row + 3, last) * p.Length, at = (long)panel * p.Length * PanelQuads;
        Tile t = default;
        for (int k = 0; k < p.Length; k++)
        {
            Tile.Add(ref t, a[a0 + k], a[a1 + k], a[a2 + k], a[a3 + k], b, at, 1);
            at += PanelQuads;
        }
        products[0] = t.A0; products[1] = t.A1; products[2] = t.A2; products[3] = t.A3;
        products[4] = t.B0; products[5] = t.B1; products[6] = t.B2; products[7] = t.B3;
        products[8] = t.C0; products[9] = t.C1; products[10] = t.C2; products[11] = t.C3;
        products[12] = t.D0; products[13] = t.D1; products[14] = t.D2; products[15] = t.D3;
    }

    /// <summary>Rows and columns come in their order: of equal products the first counts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Compare(ArrayView<float> products, int rows, int columns, ArrayView<float> ofRows, int rowPitch, int firstRow,
        ArrayView<float> ofColumns, int columnPitch, int firstColumn)
    {
        for (int r = 0; r < rows; r++)
        {
            float best = ofRows[r], number = ofRows[rowPitch + r];
            for (int c = 0; c < columns; c++)
            {
                float value = products[r * PanelRows + c];
                if (value > best)
                {
                    best = value;
                    number = firstColumn + c;
                }
                if (value > ofColumns[c])
                {
                    ofColumns[c] = value;
                    ofColumns[columnPitch + c] = firstRow + r;
                }
            }
            ofRows[r] = best;
            ofRows[rowPitch + r] = number;
        }
    }
}
