using System.Runtime.CompilerServices;
using ILGPU;
using Parameters = GpuStyle.Kernels.GramKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// The gradient of a Gram matrix on tensor cores, in TF32: D F over a region, a matrix product of 64 channels by 128 positions a group of
/// two warps, each of which has 64 by 64 (two <see cref="WarpTile"/>s). A step is a chunk of 16 incoming channels; features, as they lie,
/// and D come two steps ahead by asynchronous copies. One barrier a step.
/// <code>
/// features, gradient: channels-last, the first behind its block of zeros
/// matrix: [64 channels][chunk][32 channels][WarpTile.Place], TF32
/// </code>
/// </summary>
internal static class TensorCoreGramGradient
{
    /// <summary>Positions and threads of a group.</summary>
    public const int Positions = 128, Threads = 64;

    const int Channels = 64, Stages = 3, RowWords = WarpTile.RowWords, PositionWords = Positions * RowWords;
    const int StageWords = Channels * RowWords, Between = Threads / RowWords, ZeroQuads = IlgpuStorage.Zeros / 4;

    /// <summary>Where the positions begin that a thread copies.</summary>
    struct Starts
    {
        public uint P0, P1, P2, P3, P4, P5, P6, P7;
    }

    internal static void Kernel<TCore>(ArrayView<Word4> features, ArrayView<Word4> matrix, ArrayView<Float4> gradient, Parameters p)
        where TCore : struct, ITensorCore
    {
        var rows = SharedMemory.Allocate<Word4>(Stages * PositionWords);
        var ring = SharedMemory.Allocate<Word4>(Stages * StageWords);
        var exchange = TCore.Exchange();
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5, steps = p.Quads / RowWords;
        int first = Grid.IdxX * Positions, own = first + thread / RowWords;
        Starts starts = new()
        {
            P0 = Start(own, p),
            P1 = Start(own + Between, p),
            P2 = Start(own + 2 * Between, p),
            P3 = Start(own + 3 * Between, p),
            P4 = Start(own + 4 * Between, p),
            P5 = Start(own + 5 * Between, p),
            P6 = Start(own + 6 * Between, p),
            P7 = Start(own + 7 * Between, p),
        };
        // A warp copies 128 Word4s of D in a row.
        int copied = 128 * warp + lane, from = Grid.IdxY * steps * StageWords + copied;
        for (int s = 0; s < Stages - 1; s++)
            Copy<TCore>(rows.SubView(s * PositionWords + thread), ring.SubView(s * StageWords + copied),
                features, matrix.SubView(from + s * StageWords), starts, s);

        WarpTile tile = default, second = default;
        for (int step = 0; step < steps; step++)
        {
            // The remainder by 3, exact up to 32,000, without a division.
            int stage = step - 3 * ((step * 21846) >> 16), ahead = stage == 0 ? Stages - 1 : stage - 1;
            TCore.Wait();
            Group.Barrier();
            // Instead of a chunk that there is not, the last is copied again.
            int next = Math.Min(step + Stages - 1, steps - 1);
            Copy<TCore>(rows.SubView(ahead * PositionWords + thread), ring.SubView(ahead * StageWords + copied),
                features, matrix.SubView(from + next * StageWords), starts, next);
            WarpTile.Multiply<TCore>(ref tile, ref second, true, true, ring.SubView(stage * StageWords + lane),
                rows.SubView(stage * PositionWords + warp * WarpTile.Positions * RowWords + lane), 16 * RowWords, exchange);
        }
        int position = first + WarpTile.Positions * warp + 2 * (lane & 3), column = Grid.IdxY * Channels / 4 + (lane >> 2);
        Store(tile, gradient, position, column, p);
        Store(second, gradient, position, column + WarpTile.Channels / 4, p);
    }

    /// <summary>Starts copying a thread's part of a chunk of features and of D.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy<TCore>(ArrayView<Word4> rows, ArrayView<Word4> ring, ArrayView<Word4> features, ArrayView<Word4> matrix,
        Starts starts, int chunk)
        where TCore : struct, ITensorCore
    {
        uint quad = (uint)(chunk * RowWords + (Group.IdxX & 3));
        TCore.Copy(ref rows[0], ref features[(long)(starts.P0 + quad)]);
        TCore.Copy(ref rows[Threads], ref features[(long)(starts.P1 + quad)]);
        TCore.Copy(ref rows[2 * Threads], ref features[(long)(starts.P2 + quad)]);
        TCore.Copy(ref rows[3 * Threads], ref features[(long)(starts.P3 + quad)]);
        TCore.Copy(ref rows[4 * Threads], ref features[(long)(starts.P4 + quad)]);
        TCore.Copy(ref rows[5 * Threads], ref features[(long)(starts.P5 + quad)]);
        TCore.Copy(ref rows[6 * Threads], ref features[(long)(starts.P6 + quad)]);
        TCore.Copy(ref rows[7 * Threads], ref features[(long)(starts.P7 + quad)]);
        TCore.Copy(ref ring[0], ref matrix[0]);
        TCore.Copy(ref ring[32], ref matrix[32]);
        TCore.Copy(ref ring[64], ref matrix[64]);
        TCore.Copy(ref ring[96], ref matrix[96]);
        TCore.Commit();
    }

    /// <summary>D in the order above, rounded, padded with 0, overwritten. One thread a number.</summary>
    internal static void Pack(ArrayView<float> matrix, ArrayView<uint> packed, int channels, int stored)
    {
        int at = Grid.IdxX * Group.DimX + Group.IdxX;
        if (at >= stored * stored) return;
        const int words = 4 * WarpTile.FragmentWords;
        var (channel, word) = WarpTile.Place(at % words);
        int group = at / words, c = group / 2 % (stored / 16) * 16 + word;
        int k = group / 2 / (stored / 16) * Channels + group % 2 * WarpTile.Channels + channel;
        packed[at] = k < channels && c < channels ? Tf32Format.Round(Interop.FloatAsInt(matrix[c * channels + k])) : 0;
    }

    /// <summary>Where a position of the region begins in the features; the last, behind it: what becomes of it is not stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Start(int position, Parameters p) => (uint)(ZeroQuads + Row(Math.Min(position, p.Positions - 1), p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long Row(int position, Parameters p) => ((long)(p.Top + position / p.RegionWidth) * p.Width + p.Left + position % p.RegionWidth) * p.Quads;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(WarpTile t, ArrayView<Float4> gradient, int position, int column, Parameters p)
    {
        Store(t.A0, t.B0, gradient, position, column, p);
        Store(t.A1, t.B1, gradient, position + 8, column, p);
        Store(t.A2, t.B2, gradient, position + 16, column, p);
        Store(t.A3, t.B3, gradient, position + 24, column, p);
        Store(t.A4, t.B4, gradient, position + 32, column, p);
        Store(t.A5, t.B5, gradient, position + 40, column, p);
        Store(t.A6, t.B6, gradient, position + 48, column, p);
        Store(t.A7, t.B7, gradient, position + 56, column, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Float4 a, Float4 b, ArrayView<Float4> gradient, int position, int column, Parameters p)
    {
        StoreQuad(WarpTile.Quad(a, b, false, 1), gradient, position, column, p);
        StoreQuad(WarpTile.Quad(a, b, true, 1), gradient, position + 1, column, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreQuad(Float4 v, ArrayView<Float4> gradient, int position, int column, Parameters p)
    {
        if (position >= p.Positions) return;
        int flags = p.Accumulate != 0 ? TiledConvolution.Accumulate : 0;
        TiledConvolution.Store(v, gradient, gradient, gradient, Row(position, p), column, flags);
    }
}
