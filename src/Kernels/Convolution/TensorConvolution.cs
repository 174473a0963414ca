using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// 3x3 convolution from channels-last to channels-last on tensor cores, as an implicit matrix product (Chetlur et al. 2014): rows
/// are positions, columns outgoing channels, and the sum runs over incoming channels and taps. Both directions, like
/// <see cref="TiledConvolution"/>, whose finish it shares.
/// <para>
/// A group computes 8 x 16 positions by 64 or 128 channels, and may pool them: no 2x2 square is in two groups, and a thread has whole ones. A step is one tap of a chunk of incoming channels (16 in TF32, 32 in half
/// precision). The chunk's patch of 10 x 18 positions serves all nine taps: while they are computed, the next chunk's is read,
/// converted and put into the other buffer, a share with each step. Weights come two steps ahead by asynchronous copies. One barrier a step.
/// </para>
/// <code>
/// X: channels-last behind its block of zeros, or what its gradient is read from (IPatchSource)       W: [64 channels][chunk][tap][channel of the 64][chunk], words of operands
/// largest: magnitudes by slots (OperandScale), if operands are scaled       Y, mask, pooled: channels-last       bias: [K]
/// </code>
/// </summary>
internal static class TensorConvolution
{
    /// <summary>Positions of a group.</summary>
    public const int Rows = 8, Across = 16;

    /// <summary>Columns that weights are packed in.</summary>
    public const int PackedColumns = 64;

    public const int Taps = 9;

    const int PatchWidth = Across + 2, PatchWords = (Rows + 2) * PatchWidth * WarpTile.RowWords;

    /// <summary>Buffers of weights: one is read while two are filled.</summary>
    const int Stages = 3;

    /// <summary>Flags of <see cref="Parameters"/>: what is pooled of what was stored.</summary>
    public const int Average = 8, Largest = 16;

    const int ZeroQuads = IlgpuStorage.Zeros / 4, PackedWords = PackedColumns * WarpTile.RowWords;

    internal struct Parameters
    {
        /// <summary>Size of the picture, and groups side by side.</summary>
        public int Height, Width, GroupsAcross;

        /// <summary>Quads of channels that come in and go out; chunks that come in.</summary>
        public int In, Out, Chunks;

        /// <summary>Those of <see cref="TiledConvolution"/>, and how to pool.</summary>
        public int Flags;

        /// <summary>The part of the pooled map that is wanted, when one is read or written.</summary>
        public int PooledTop, PooledLeft, PooledHeight, PooledWidth;

        /// <summary>The slots of the largest of what comes in, and of what goes out (of the pooled map, if one is written).</summary>
        public int LargestIn, LargestOut;

        /// <summary>Undoes the scale of the weights.</summary>
        public float Unscale;
    }

    internal static void Kernel<TCore, TWidth, TSource>(ArrayView<Float4> input, ArrayView<Word4> weights, ArrayView<int> largest,
        ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, ArrayView<Float4> pooled, Parameters p)
        where TCore : struct, ITensorCore
        where TWidth : struct, ITensorWidth
        where TSource : struct, IPatchSource
    {
        var patches = SharedMemory.Allocate<Word4>(2 * PatchWords);
        var ring = SharedMemory.Allocate<Word4>(Stages * TWidth.ColumnWarps * WarpTile.Columns * WarpTile.RowWords);
        var exchange = TCore.Exchange();
        int threads = 64 * TWidth.ColumnWarps, stageWords = TWidth.ColumnWarps * WarpTile.Columns * WarpTile.RowWords;
        int thread = Group.IdxX, lane = thread % 32, warp = thread / 32, warpRow = warp % 2, warpColumn = warp / 2, g = lane / 4, q = lane % 4;
        // Rows g and g + 8 of a fragment are neighbours, 2 g and 2 g + 1, every other time the other way round, for eight threads to read from all banks.
        int row = (4 * warpRow * PatchWidth + 2 * g) * WarpTile.RowWords + q, own = g % 2 * WarpTile.RowWords, column = warpColumn * WarpTile.Columns * WarpTile.RowWords + lane;
        int top = Grid.IdxX / p.GroupsAcross * Rows, left = Grid.IdxX % p.GroupsAcross * Across, steps = Taps * p.Chunks;
        float scale = TCore.Scaled ? OperandScale.Of(largest[p.LargestIn]) : 1;

        // Each thread copies two words of a step's weights: of the same 64 channels, or of the next.
        int apart = TWidth.ColumnWarps == NarrowWidth.Warps ? threads : steps * PackedWords;
        long from = ((long)Grid.IdxY * (TWidth.ColumnWarps / 2)) * steps * PackedWords + thread;
        for (int s = 0; s < Stages - 1; s++)
        {
            Copy<TCore>(ring, s * stageWords + thread, threads, weights, from, apart);
            TCore.Commit();
            from += PackedWords;
        }
        for (int word = thread; word < PatchWords; word += threads) patches[word] = Operands<TCore, TSource>(input, pooled, word, top, left, 0, scale, p);

        WarpTile tile = default;
        int tap = 0, dx = 0, shift = 0, chunk = 0, here = 0, stage = 0, ahead = Stages - 1;
        for (int step = 0; step < steps; step++)
        {
            TCore.Wait();
            Group.Barrier();
            if (step + Stages - 1 < steps) Copy<TCore>(ring, ahead * stageWords + thread, threads, weights, from, apart);
            TCore.Commit();
            from += PackedWords;
            int word = tap * threads + thread;
            bool fetch = word < PatchWords && chunk + 1 < p.Chunks;
            Word4 next = default;
            if (fetch) next = Operands<TCore, TSource>(input, pooled, word, top, left, chunk + 1, scale, p);

            int first = here + row + shift;
            WarpTile.Multiply<TCore>(ref tile, patches.SubView(first + own), patches.SubView(first + WarpTile.RowWords - own), PatchWidth * WarpTile.RowWords, ring.SubView(stage * stageWords + column), exchange);

            if (fetch) patches[PatchWords - here + word] = next;
            stage = stage == Stages - 1 ? 0 : stage + 1;
            ahead = ahead == Stages - 1 ? 0 : ahead + 1;
            tap++;
            dx++;
            shift += WarpTile.RowWords;
            if (dx == 3)
            {
                dx = 0;
                shift += (PatchWidth - 3) * WarpTile.RowWords;
            }
            if (tap == Taps)
            {
                tap = 0;
                shift = 0;
                chunk++;
                here = PatchWords - here;
            }
        }
        float most = Finish<TWidth>(tile, TCore.Scaled ? p.Unscale / scale : 1, bias, mask, output, pooled, top, left, p);
        if (TCore.Scaled) Raise(largest, most, ring.Cast<float>(), threads, p);
    }

    /// <summary>Two words of the weights of a step to where they belong in the ring.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy<TCore>(ArrayView<Word4> ring, int to, int threads, ArrayView<Word4> weights, long from, int apart) where TCore : struct, ITensorCore
    {
        TCore.Copy(ref ring[to], ref weights[from]);
        TCore.Copy(ref ring[to + threads], ref weights[from + apart]);
    }

    /// <summary>A word of a chunk's patch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Word4 Operands<TCore, TSource>(ArrayView<Float4> input, ArrayView<Float4> pooled, int word, int top, int left, int chunk, float scale, Parameters p)
        where TCore : struct, ITensorCore
        where TSource : struct, IPatchSource
    {
        int position = word / WarpTile.RowWords, y = top + position / PatchWidth - 1, x = left + position % PatchWidth - 1, quad = (chunk * WarpTile.RowWords + word % WarpTile.RowWords) * TCore.Quads;
        bool counts = (uint)y < (uint)p.Height && (uint)x < (uint)p.Width;
        long square = 0;
        if (TSource.Spreads)
        {
            // Nothing comes from outside the wanted part, nor to a last odd row or column.
            int py = (y >> 1) - p.PooledTop, px = (x >> 1) - p.PooledLeft;
            counts = (uint)py < (uint)p.PooledHeight && (uint)px < (uint)p.PooledWidth;
            square = counts ? (long)(py * p.PooledWidth + px) * p.In + quad : 0;
        }
        // Zeros, where nothing counts.
        long at = counts ? ZeroQuads + (long)(y * p.Width + x) * p.In + quad : 0;
        Float4 first = TSource.Read(input, pooled, at, square), second = first;
        if (TCore.Quads > 1) second = TSource.Read(input, pooled, at + 1, square + 1);
        return TCore.Operands(first, second, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Finish<TWidth>(WarpTile tile, float factor, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, ArrayView<Float4> pooled, int top, int left, Parameters p)
        where TWidth : struct, ITensorWidth
    {
        int lane = Group.IdxX % 32, warp = Group.IdxX / 32, g = lane / 4, y = top + 4 * (warp % 2), x = left + 2 * g + g % 2;
        int column = (Grid.IdxY * TWidth.ColumnWarps + warp / 2) * WarpTile.Columns / 4 + lane % 4;
        float most = 0;
        StoreSquare(tile.A0, tile.A1, tile.B0, tile.B1, factor, bias, mask, output, pooled, y, x, column, ref most, p);
        StoreSquare(tile.A2, tile.A3, tile.B2, tile.B3, factor, bias, mask, output, pooled, y, x, column + 4, ref most, p);
        StoreSquare(tile.C0, tile.C1, tile.D0, tile.D1, factor, bias, mask, output, pooled, y + 2, x, column, ref most, p);
        StoreSquare(tile.C2, tile.C3, tile.D2, tile.D3, factor, bias, mask, output, pooled, y + 2, x, column + 4, ref most, p);
        return most;
    }

    /// <summary>Raises the slot of what goes out to the largest that the group's threads have.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Raise(ArrayView<int> largest, float most, ArrayView<float> shared, int threads, Parameters p)
    {
        int thread = Group.IdxX;
        Group.Barrier();
        shared[thread] = most;
        Group.Barrier();
        if (thread < 32)
        {
            for (int other = thread + 32; other < threads; other += 32) most = OperandScale.Larger(most, shared[other]);
            shared[thread] = most;
        }
        Group.Barrier();
        if (thread != 0) return;
        for (int other = 1; other < 32; other++) most = OperandScale.Larger(most, shared[other]);
        OperandScale.Raise(largest, p.LargestOut, most);
    }

    /// <summary>A quad of channels of the square that (y, x) and its neighbour x ^ 1 are the upper half of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreSquare(Float4 upper0, Float4 upper1, Float4 lower0, Float4 lower1, float factor, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, ArrayView<Float4> pooled,
        int y, int x, int column, ref float most, Parameters p)
    {
        Float4 a = WarpTile.Quad(upper0, upper1, false, factor), b = WarpTile.Quad(upper0, upper1, true, factor);
        Float4 c = WarpTile.Quad(lower0, lower1, false, factor), d = WarpTile.Quad(lower0, lower1, true, factor);
        bool own = x < p.Width, beside = (x ^ 1) < p.Width, here = y < p.Height, below = y + 1 < p.Height;
        long row = (long)y * p.Width, next = row + p.Width;
        // Outside nothing is stored and nothing counts.
        a = here && own ? TiledConvolution.Store(a, bias, mask, output, (row + x) * p.Out, column, p.Flags) : default;
        b = here && beside ? TiledConvolution.Store(b, bias, mask, output, (row + (x ^ 1)) * p.Out, column, p.Flags) : default;
        c = below && own ? TiledConvolution.Store(c, bias, mask, output, (next + x) * p.Out, column, p.Flags) : default;
        d = below && beside ? TiledConvolution.Store(d, bias, mask, output, (next + (x ^ 1)) * p.Out, column, p.Flags) : default;
        if ((p.Flags & (Average | Largest)) == 0)
        {
            most = OperandScale.Larger(OperandScale.Larger(OperandScale.Larger(OperandScale.Larger(most, a), b), c), d);
            return;
        }
        int py = y / 2 - p.PooledTop, px = x / 2 - p.PooledLeft;
        if ((uint)py >= (uint)p.PooledHeight || (uint)px >= (uint)p.PooledWidth) return;
        Float4 one = (p.Flags & Largest) != 0 ? IlgpuPooling.Largest(a, b, c, d) : IlgpuPooling.Mean(a, b, c, d);
        pooled[((long)py * p.PooledWidth + px) * p.Out + column] = one;
        most = OperandScale.Larger(most, one);
    }
}
