using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// A thread's share of its warp's sums of 32 channels by 64 positions: rows of 16 channels A and B, columns of 8 positions 0 to 7, each a
/// fragment as <see cref="ITensorCore.Multiply"/> leaves it. Thread (g, q) has channels 4 g to 4 g + 3 of positions 2 q and 2 q + 1 of
/// each column (<see cref="Quad"/>), so that eight threads store 128 bytes in a row.
/// <para>
/// Operands of a position lie in shared memory as a row of four <see cref="Word4"/>, 64 bytes: 16 incoming channels in TF32, 32 in half
/// precision. Thread (g, q) reads Word4 q of position g, 32 threads 512 bytes in a row; its words are words q, q + 4, q and q + 4 of two
/// successive products - any order will do that both operands share. Weights lie as threads need them, a whole fragment of a product in
/// a thread's Word4, in consecutive registers as loads leave it and products want it: [product][row A, B][thread], of words as
/// <see cref="Place"/> has them.
/// </para>
/// </summary>
internal struct WarpTile
{
    /// <summary>Channels and positions of a warp's sums.</summary>
    public const int Channels = 32, Positions = 64;

    /// <summary>Word4s of a row of operands, and of the weights of 32 channels that belong to it.</summary>
    public const int RowWords = 4, FragmentWords = Channels * RowWords;

    public Float4 A0, A1, A2, A3, A4, A5, A6, A7, B0, B1, B2, B3, B4, B5, B6, B7;

    /// <summary>Weights of two products.</summary>
    struct Fragments
    {
        public Word4 A, B, NextA, NextB;

        public static Fragments Read(ArrayView<Word4> weights) =>
            new() { A = weights[0], B = weights[32], NextA = weights[64], NextB = weights[96] };
    }

    /// <summary>Of which of the 32 channels a word of packed weights is, and of which of the 16 words of a row of operands.</summary>
    public static (int Channel, int Word) Place(int word)
    {
        int part = word % 4, thread = word / 4 % 32, row = word / 128 % 2, product = word / 256;
        return (thread / 4 * 4 + 2 * row + part % 2, thread % 4 * 4 + 2 * product + part / 2);
    }

    /// <summary>
    /// Adds the products over a row of operands. <paramref name="weights"/> and <paramref name="positions"/> begin at the thread's Word4;
    /// 16 positions lie in a row, the next 16 <paramref name="pitch"/> Word4s on. If the sums are <paramref name="twice"/> as many,
    /// <paramref name="second"/> are those of the next 32 channels. <paramref name="features"/>: whether positions are features as they are
    /// (<see cref="Tf32Format.Raised"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TCore>(ref WarpTile t, ref WarpTile second, bool twice, bool features, ArrayView<Word4> weights,
        ArrayView<Word4> positions, int pitch, ArrayView<uint> exchange)
        where TCore : struct, ITensorCore
    {
        Fragments f = Fragments.Read(weights), s = twice ? Fragments.Read(weights.SubView(FragmentWords)) : default;
        Word4 x = Operands(positions[0], features), y = Operands(positions[8 * RowWords], features);
        Multiply<TCore>(ref t.A0, ref t.B0, ref t.A1, ref t.B1, f, x, y, exchange);
        if (twice) Multiply<TCore>(ref second.A0, ref second.B0, ref second.A1, ref second.B1, s, x, y, exchange);
        x = Operands(positions[pitch], features);
        y = Operands(positions[pitch + 8 * RowWords], features);
        Multiply<TCore>(ref t.A2, ref t.B2, ref t.A3, ref t.B3, f, x, y, exchange);
        if (twice) Multiply<TCore>(ref second.A2, ref second.B2, ref second.A3, ref second.B3, s, x, y, exchange);
        x = Operands(positions[2 * pitch], features);
        y = Operands(positions[2 * pitch + 8 * RowWords], features);
        Multiply<TCore>(ref t.A4, ref t.B4, ref t.A5, ref t.B5, f, x, y, exchange);
        if (twice) Multiply<TCore>(ref second.A4, ref second.B4, ref second.A5, ref second.B5, s, x, y, exchange);
        x = Operands(positions[3 * pitch], features);
        y = Operands(positions[3 * pitch + 8 * RowWords], features);
        Multiply<TCore>(ref t.A6, ref t.B6, ref t.A7, ref t.B7, f, x, y, exchange);
        if (twice) Multiply<TCore>(ref second.A6, ref second.B6, ref second.A7, ref second.B7, s, x, y, exchange);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Multiply<TCore>(ref Float4 a0, ref Float4 b0, ref Float4 a1, ref Float4 b1, Fragments f, Word4 x, Word4 y,
        ArrayView<uint> exchange) where TCore : struct, ITensorCore
    {
        TCore.Multiply(ref a0, ref b0, ref a1, ref b1, f.A, f.B, x.X, x.Y, y.X, y.Y, exchange);
        TCore.Multiply(ref a0, ref b0, ref a1, ref b1, f.NextA, f.NextB, x.Z, x.W, y.Z, y.W, exchange);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Word4 Operands(Word4 read, bool features) => features ? Tf32Format.Raised(read) : read;

    /// <summary>The thread's quad of position 2 q of a column or, if <paramref name="next"/>, of 2 q + 1, times a factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Quad(Float4 a, Float4 b, bool next, float factor) => next
        ? new() { X = a.Y * factor, Y = a.W * factor, Z = b.Y * factor, W = b.W * factor }
        : new() { X = a.X * factor, Y = a.Z * factor, Z = b.X * factor, W = b.Z * factor };
}
