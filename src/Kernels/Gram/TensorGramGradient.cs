using System.Runtime.CompilerServices;
using ILGPU;
using Parameters = GpuStyle.Kernels.GramKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// The gradient of a Gram matrix on tensor cores, in TF32: D F over a region, a matrix product of 128 positions by 64 channels a group
/// (<see cref="WarpTile"/>). A step is a chunk of 16 incoming channels. While it is computed, the next chunk's features are
/// read, rounded and put into the other buffer; D comes two steps ahead by asynchronous copies. One barrier a step.
/// <code>
/// features, gradient: channels-last, the first behind its block of zeros       matrix: [64 channels][chunk][channel of the 64][16], TF32
/// </code>
/// </summary>
internal static class TensorGramGradient
{
    /// <summary>Positions and threads of a group.</summary>
    public const int Positions = 128, Threads = 128;

    const int Columns = 64, Stages = 3, RowWords = WarpTile.RowWords, PositionWords = Positions * RowWords, StageWords = Columns * RowWords;
    const int ZeroQuads = IlgpuStorage.Zeros / 4;

    internal static void Kernel<TCore>(ArrayView<Float4> features, ArrayView<Word4> matrix, ArrayView<Float4> gradient, Parameters p) where TCore : struct, ITensorCore
    {
        var rows = SharedMemory.Allocate<Word4>(2 * PositionWords);
        var ring = SharedMemory.Allocate<Word4>(Stages * StageWords);
        var exchange = TCore.Exchange();
        int thread = Group.IdxX, lane = thread % 32, warp = thread / 32, g = lane / 4, q = lane % 4, warpRow = warp % 2, warpColumn = warp / 2;
        int first = Grid.IdxX * Positions, steps = p.Quads / RowWords;

        // Each thread reads a quad of four positions, and copies two words of D.
        int own = first + thread / RowWords, quad = thread % RowWords;
        long at0 = Quad(own, p) + quad, at1 = Quad(own + 32, p) + quad, at2 = Quad(own + 64, p) + quad, at3 = Quad(own + 96, p) + quad;
        int step0 = own < p.Positions ? RowWords : 0, step1 = own + 32 < p.Positions ? RowWords : 0;
        int step2 = own + 64 < p.Positions ? RowWords : 0, step3 = own + 96 < p.Positions ? RowWords : 0;
        long from = (long)Grid.IdxY * steps * StageWords + thread;
        for (int s = 0; s < Stages - 1; s++)
        {
            TCore.Copy(ref ring[s * StageWords + thread], ref matrix[from]);
            TCore.Copy(ref ring[s * StageWords + thread + Threads], ref matrix[from + Threads]);
            TCore.Commit();
            from += StageWords;
        }
        rows[thread] = Operands<TCore>(features, at0);
        rows[thread + Threads] = Operands<TCore>(features, at1);
        rows[thread + 2 * Threads] = Operands<TCore>(features, at2);
        rows[thread + 3 * Threads] = Operands<TCore>(features, at3);

        WarpTile tile = default;
        int here = 0, stage = 0, ahead = Stages - 1;
        for (int step = 0; step < steps; step++)
        {
            TCore.Wait();
            Group.Barrier();
            if (step + Stages - 1 < steps)
            {
                TCore.Copy(ref ring[ahead * StageWords + thread], ref matrix[from]);
                TCore.Copy(ref ring[ahead * StageWords + thread + Threads], ref matrix[from + Threads]);
                from += StageWords;
            }
            TCore.Commit();
            // The last step reads its own chunk once more, and nobody what it becomes.
            if (step + 1 < steps)
            {
                at0 += step0;
                at1 += step1;
                at2 += step2;
                at3 += step3;
            }
            Word4 w0 = Operands<TCore>(features, at0), w1 = Operands<TCore>(features, at1), w2 = Operands<TCore>(features, at2), w3 = Operands<TCore>(features, at3);
            int row = here + (WarpTile.Rows * warpRow + g) * RowWords + q;
            WarpTile.Multiply<TCore>(ref tile, rows.SubView(row), rows.SubView(row + 8 * RowWords), 16 * RowWords,
                ring.SubView(stage * StageWords + warpColumn * WarpTile.Columns * RowWords + lane), exchange);
            here = PositionWords - here;
            rows[here + thread] = w0;
            rows[here + thread + Threads] = w1;
            rows[here + thread + 2 * Threads] = w2;
            rows[here + thread + 3 * Threads] = w3;
            stage = stage == Stages - 1 ? 0 : stage + 1;
            ahead = ahead == Stages - 1 ? 0 : ahead + 1;
        }
        int position = first + WarpTile.Rows * warpRow + g, column = (Grid.IdxY * Columns + WarpTile.Columns * warpColumn) / 4 + q;
        StoreRow(tile.A0, tile.A1, tile.A2, tile.A3, gradient, position, column, p);
        StoreRow(tile.B0, tile.B1, tile.B2, tile.B3, gradient, position + 16, column, p);
        StoreRow(tile.C0, tile.C1, tile.C2, tile.C3, gradient, position + 32, column, p);
        StoreRow(tile.D0, tile.D1, tile.D2, tile.D3, gradient, position + 48, column, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Word4 Operands<TCore>(ArrayView<Float4> features, long at) where TCore : struct, ITensorCore
    {
        var v = features[at];
        return TCore.Operands(v, v, 1);
    }

    /// <summary>D in the order above, rounded, padded with 0, overwritten; D being symmetric, rows may serve as columns. One thread a number.</summary>
    internal static void Pack(ArrayView<float> matrix, ArrayView<uint> packed, int channels, int stored)
    {
        int at = Grid.IdxX * Group.DimX + Group.IdxX;
        if (at >= stored * stored) return;
        int row = at / 16 % Columns, chunk = at / 16 / Columns % (stored / 16), k = at / (stored * Columns) * Columns + row / WarpTile.Columns * WarpTile.Columns + WarpTile.Channel(row % WarpTile.Columns);
        int c = chunk * 16 + at % 16;
        packed[at] = k < channels && c < channels ? Tf32Format.Round(Interop.FloatAsInt(matrix[c * channels + k])) : 0;
    }

    /// <summary>Where a position of the region begins in the features; the zeros, behind the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long Quad(int position, Parameters p) => position < p.Positions ? ZeroQuads + Row(position, p) : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long Row(int position, Parameters p) => ((long)(p.Top + position / p.RegionWidth) * p.Width + p.Left + position % p.RegionWidth) * p.Quads;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreRow(Float4 c0, Float4 c1, Float4 c2, Float4 c3, ArrayView<Float4> gradient, int position, int column, Parameters p)
    {
        StoreQuads(c0, c1, c2, c3, false, gradient, position, column, p);
        StoreQuads(c0, c1, c2, c3, true, gradient, position + 8, column, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreQuads(Float4 c0, Float4 c1, Float4 c2, Float4 c3, bool upper, ArrayView<Float4> gradient, int position, int column, Parameters p)
    {
        if (position >= p.Positions) return;
        int flags = p.Accumulate != 0 ? TiledConvolution.Accumulate : 0;
        long row = Row(position, p);
        TiledConvolution.Store(WarpTile.Quad(c0, c1, upper, 1), gradient, gradient, gradient, row, column, flags);
        TiledConvolution.Store(WarpTile.Quad(c2, c3, upper, 1), gradient, gradient, gradient, row, column + 4, flags);
    }
}
