using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// A thread's share of its warp's 64 x 32 sums: rows of 16 positions A to D, columns of 8 channels 0 to 3, each a fragment as
/// <see cref="ITensorCore.Multiply"/> leaves it. Operands lie in shared memory as rows of four <see cref="Word4"/>, 64 bytes: 16
/// incoming channels in TF32, 32 in half precision. A thread reads whole Word4s, its words being words q, q + 4, q and q + 4 of two
/// successive products - any order will do that both operands share - and eight threads read 128 bytes in a row: no bank conflicts.
/// <para>
/// Outgoing channels of a group of 32 are ordered so that a thread's sums of a position are two quads:
/// column c of fragment j is channel 16 (j / 2) + 4 (c / 2) + 2 (j % 2) + c % 2 (<see cref="Channel"/>).
/// </para>
/// </summary>
internal struct WarpTile
{
    /// <summary>Rows and columns of a warp's sums.</summary>
    public const int Rows = 64, Columns = 32;

    /// <summary>Word4s of a row of operands.</summary>
    public const int RowWords = 4;

    public Float4 A0, A1, A2, A3, B0, B1, B2, B3, C0, C1, C2, C3, D0, D1, D2, D3;

    /// <summary>Which channel of its group of 32 the given row of weights belongs to.</summary>
    public static int Channel(int row) => 16 * (row / 16) + 4 * (row % 8 / 2) + 2 * (row / 8 % 2) + row % 2;

    /// <summary>
    /// Adds the products over a row of operands. <paramref name="low"/> begins at the thread's word of the position that is row g of A,
    /// <paramref name="high"/> at that of row g + 8; B begins <paramref name="pitch"/> Word4s on. <paramref name="right"/> begins at the thread's word of column g of 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TCore>(ref WarpTile t, ArrayView<Word4> low, ArrayView<Word4> high, int pitch, ArrayView<Word4> right, ArrayView<uint> exchange) where TCore : struct, ITensorCore
    {
        Word4 r0 = right[0], r1 = right[8 * RowWords], r2 = right[16 * RowWords], r3 = right[24 * RowWords];
        MultiplyRow<TCore>(ref t.A0, ref t.A1, ref t.A2, ref t.A3, low[0], high[0], r0, r1, r2, r3, exchange);
        MultiplyRow<TCore>(ref t.B0, ref t.B1, ref t.B2, ref t.B3, low[pitch], high[pitch], r0, r1, r2, r3, exchange);
        MultiplyRow<TCore>(ref t.C0, ref t.C1, ref t.C2, ref t.C3, low[2 * pitch], high[2 * pitch], r0, r1, r2, r3, exchange);
        MultiplyRow<TCore>(ref t.D0, ref t.D1, ref t.D2, ref t.D3, low[3 * pitch], high[3 * pitch], r0, r1, r2, r3, exchange);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void MultiplyRow<TCore>(ref Float4 c0, ref Float4 c1, ref Float4 c2, ref Float4 c3, Word4 low, Word4 high, Word4 r0, Word4 r1, Word4 r2, Word4 r3, ArrayView<uint> exchange)
        where TCore : struct, ITensorCore
    {
        TCore.Multiply(ref c0, ref c1, ref c2, ref c3, low.X, high.X, low.Y, high.Y, r0.X, r0.Y, r1.X, r1.Y, r2.X, r2.Y, r3.X, r3.Y, exchange);
        TCore.Multiply(ref c0, ref c1, ref c2, ref c3, low.Z, high.Z, low.W, high.W, r0.Z, r0.W, r1.Z, r1.W, r2.Z, r2.W, r3.Z, r3.W, exchange);
    }

    /// <summary>
    /// The quad of channels that two neighbouring fragments have of one position, row g or, if <paramref name="upper"/>, row g + 8, times a factor. That of
    /// fragments 2 and 3 lies four quads behind that of 0 and 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Quad(Float4 c0, Float4 c1, bool upper, float factor) => upper
        ? new() { X = c0.Z * factor, Y = c0.W * factor, Z = c1.Z * factor, W = c1.W * factor }
        : new() { X = c0.X * factor, Y = c0.Y * factor, Z = c1.X * factor, W = c1.Y * factor };
}
