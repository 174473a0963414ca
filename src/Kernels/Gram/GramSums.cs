using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// A thread's share of a warp's 64 x 64 sums of a Gram matrix's tile: fragments of 16 rows by 64 columns (<see cref="Rows"/>).
/// <para>
/// Thread (g, q) reads quads g and g + 8 of the channels of positions q and q + 4. As left operand these are rows g and g + 8 of four
/// fragments: channel 4 g + t + 2 u is row g + 8 u of fragment t, and 32 more that of fragment t + 2. As right operand they are column g of
/// eight: channel 4 g + j is that of fragment j, and 32 more that of fragment j + 4.
/// </para>
/// </summary>
internal struct GramSums
{
    /// <summary>Threads that add up a tile's sums, and warps.</summary>
    const int Threads = TensorCoreGram.Threads, WarpSize = 32, RowWords = TensorCoreGram.RowWords;

    Rows r0, r1, r2, r3;

    /// <summary>Fragments of 16 rows: those of columns 0 to 7.</summary>
    struct Rows
    {
        public Float4 C0, C1, C2, C3, C4, C5, C6, C7;
    }

    /// <summary>
    /// Adds eight positions' products. <paramref name="a"/> and <paramref name="b"/> begin at the thread's Word4 of the left and of the
    /// right tile.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TCore>(ref GramSums s, ArrayView<Word4> a, ArrayView<Word4> b, ArrayView<uint> exchange)
        where TCore : struct, ITensorCore
    {
        const int far = 4 * RowWords, half = RowWords / 2;
        Word4 x = Tf32Format.Raised(a[0]), x4 = Tf32Format.Raised(a[far]);
        Word4 y = Tf32Format.Raised(a[half]), y4 = Tf32Format.Raised(a[far + half]);
        Word4 rows0 = Even(x, x4), rows1 = Odd(x, x4), rows2 = Even(y, y4), rows3 = Odd(y, y4);
        Word4 c = Tf32Format.Raised(b[0]), c4 = Tf32Format.Raised(b[far]);
        TCore.Multiply(ref s.r0.C0, ref s.r1.C0, ref s.r0.C1, ref s.r1.C1, rows0, rows1, c.X, c4.X, c.Y, c4.Y, exchange);
        TCore.Multiply(ref s.r2.C0, ref s.r3.C0, ref s.r2.C1, ref s.r3.C1, rows2, rows3, c.X, c4.X, c.Y, c4.Y, exchange);
        TCore.Multiply(ref s.r0.C2, ref s.r1.C2, ref s.r0.C3, ref s.r1.C3, rows0, rows1, c.Z, c4.Z, c.W, c4.W, exchange);
        TCore.Multiply(ref s.r2.C2, ref s.r3.C2, ref s.r2.C3, ref s.r3.C3, rows2, rows3, c.Z, c4.Z, c.W, c4.W, exchange);
        c = Tf32Format.Raised(b[half]);
        c4 = Tf32Format.Raised(b[far + half]);
        TCore.Multiply(ref s.r0.C4, ref s.r1.C4, ref s.r0.C5, ref s.r1.C5, rows0, rows1, c.X, c4.X, c.Y, c4.Y, exchange);
        TCore.Multiply(ref s.r2.C4, ref s.r3.C4, ref s.r2.C5, ref s.r3.C5, rows2, rows3, c.X, c4.X, c.Y, c4.Y, exchange);
        TCore.Multiply(ref s.r0.C6, ref s.r1.C6, ref s.r0.C7, ref s.r1.C7, rows0, rows1, c.Z, c4.Z, c.W, c4.W, exchange);
        TCore.Multiply(ref s.r2.C6, ref s.r3.C6, ref s.r2.C7, ref s.r3.C7, rows2, rows3, c.Z, c4.Z, c.W, c4.W, exchange);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Word4 Even(Word4 v, Word4 v4) => new() { X = v.X, Y = v.Z, Z = v4.X, W = v4.Z };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Word4 Odd(Word4 v, Word4 v4) => new() { X = v.Y, Y = v.W, Z = v4.Y, W = v4.W };

    /// <summary>
    /// Stores the sums of a group's four warps, [64][64]. Two warps that are one apart give each other half of theirs, then two that are
    /// two apart a half of these: each stores 16 rows. <paramref name="shared"/> is a ring that nobody fills any more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(GramSums s, ArrayView<Float4> shared, ArrayView<Float4> tile)
    {
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5, g = lane >> 2, q = lane & 3;
        bool lower = (warp & 1) != 0, odd = (warp & 2) != 0;
        Rows even0 = lower ? s.r2 : s.r0, odd0 = lower ? s.r3 : s.r1;
        Group.Barrier();
        Put(lower ? s.r0 : s.r2, shared.SubView(thread));
        Put(lower ? s.r1 : s.r3, shared.SubView(8 * Threads + thread));
        Group.Barrier();
        Add(ref even0, shared.SubView(thread ^ WarpSize));
        Add(ref odd0, shared.SubView(8 * Threads + (thread ^ WarpSize)));
        Group.Barrier();
        Rows own = odd ? odd0 : even0;
        Put(odd ? even0 : odd0, shared.SubView(thread));
        Group.Barrier();
        Add(ref own, shared.SubView(thread ^ (2 * WarpSize)));
        // Rows g and g + 8 of fragment t, and of a fragment of columns 2 q and 2 q + 1.
        int channel = (lower ? 32 : 0) + 4 * g + (odd ? 1 : 0);
        var to = tile.SubView(channel * RowWords + 2 * q);
        Store(own.C0, own.C1, own.C2, own.C3, to);
        Store(own.C4, own.C5, own.C6, own.C7, to.SubView(RowWords / 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put(Rows r, ArrayView<Float4> to)
    {
        to[0] = r.C0;
        to[Threads] = r.C1;
        to[2 * Threads] = r.C2;
        to[3 * Threads] = r.C3;
        to[4 * Threads] = r.C4;
        to[5 * Threads] = r.C5;
        to[6 * Threads] = r.C6;
        to[7 * Threads] = r.C7;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add(ref Rows r, ArrayView<Float4> from)
    {
        Float4.Add(ref r.C0, from[0]);
        Float4.Add(ref r.C1, from[Threads]);
        Float4.Add(ref r.C2, from[2 * Threads]);
        Float4.Add(ref r.C3, from[3 * Threads]);
        Float4.Add(ref r.C4, from[4 * Threads]);
        Float4.Add(ref r.C5, from[5 * Threads]);
        Float4.Add(ref r.C6, from[6 * Threads]);
        Float4.Add(ref r.C7, from[7 * Threads]);
    }

    /// <summary>Stores four fragments of two rows, eight columns of each; the second row is two channels on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Float4 c0, Float4 c1, Float4 c2, Float4 c3, ArrayView<Float4> tile)
    {
        tile[0] = new() { X = c0.X, Y = c1.X, Z = c2.X, W = c3.X };
        tile[1] = new() { X = c0.Y, Y = c1.Y, Z = c2.Y, W = c3.Y };
        tile[2 * RowWords] = new() { X = c0.Z, Y = c1.Z, Z = c2.Z, W = c3.Z };
        tile[2 * RowWords + 1] = new() { X = c0.W, Y = c1.W, Z = c2.W, W = c3.W };
    }
}
