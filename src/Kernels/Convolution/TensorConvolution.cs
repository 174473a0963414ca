using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// 3x3 convolution from channels-last to channels-last on tensor cores, as an implicit matrix product (Chetlur et al. 2014): rows
/// are positions, columns outgoing channels, and the sum runs over incoming channels and taps. Both directions, like
/// <see cref="TiledConvolution"/>, whose finish it shares.
/// <para>
/// A group computes 8 x 16 positions by 64 or 128 channels. A step is one tap of a chunk of incoming channels (16 in TF32, 32 in half
/// precision). The chunk's patch of 10 x 18 positions serves all nine taps: while they are computed, the next chunk's is read,
/// converted and put into the other buffer, a share with each step. Weights come two steps ahead by asynchronous copies. One barrier a step.
/// </para>
/// <code>
/// X: channels-last behind its block of zeros       W: [64 channels][chunk][tap][channel of the 64][chunk], words of operands
/// scales: what X is multiplied by if operands are scaled       Y, mask: channels-last       bias: [K]
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

    const int ZeroQuads = IlgpuStorage.Zeros / 4, PackedWords = PackedColumns * WarpTile.RowWords;

    internal struct Parameters
    {
        /// <summary>Size of the picture, and groups side by side.</summary>
        public int Height, Width, GroupsAcross;

        /// <summary>Quads of channels that come in and go out; chunks that come in.</summary>
        public int In, Out, Chunks;

        public int Flags;

        /// <summary>Undoes the scale of the weights.</summary>
        public float Unscale;
    }

    internal static void Kernel<TCore, TWidth>(ArrayView<Float4> input, ArrayView<Word4> weights, ArrayView<float> scales,
        ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, Parameters p)
        where TCore : struct, ITensorCore
        where TWidth : struct, ITensorWidth
    {
        var patches = SharedMemory.Allocate<Word4>(2 * PatchWords);
        var ring = SharedMemory.Allocate<Word4>(Stages * TWidth.ColumnWarps * WarpTile.Columns * WarpTile.RowWords);
        var exchange = TCore.Exchange();
        int threads = 64 * TWidth.ColumnWarps, stageWords = TWidth.ColumnWarps * WarpTile.Columns * WarpTile.RowWords;
        int thread = Group.IdxX, lane = thread % 32, warp = thread / 32, warpRow = warp % 2, warpColumn = warp / 2, g = lane / 4, q = lane % 4;
        int row = (4 * warpRow * PatchWidth + g) * WarpTile.RowWords + q, column = warpColumn * WarpTile.Columns * WarpTile.RowWords + lane;
        int top = Grid.IdxX / p.GroupsAcross * Rows, left = Grid.IdxX % p.GroupsAcross * Across, steps = Taps * p.Chunks;
        float scale = TCore.Scaled ? scales[0] : 1, factor = TCore.Scaled ? scales[1] * p.Unscale : 1;

        // Each thread copies two words of a step's weights: of the same 64 channels, or of the next.
        int apart = TWidth.ColumnWarps == NarrowWidth.Warps ? threads : steps * PackedWords;
        long from = ((long)Grid.IdxY * (TWidth.ColumnWarps / 2)) * steps * PackedWords + thread;
        for (int s = 0; s < Stages - 1; s++)
        {
            Copy<TCore>(ring, s * stageWords + thread, threads, weights, from, apart);
            TCore.Commit();
            from += PackedWords;
        }
        for (int word = thread; word < PatchWords; word += threads) patches[word] = TCore.Load(input, Source<TCore>(word, top, left, 0, p), scale);

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
            if (fetch) next = TCore.Load(input, Source<TCore>(word, top, left, chunk + 1, p), scale);

            WarpTile.Multiply<TCore>(ref tile, patches.SubView(here + row + shift), PatchWidth * WarpTile.RowWords, ring.SubView(stage * stageWords + column), exchange);

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
        Finish<TWidth>(tile, factor, bias, mask, output, top, left, p);
    }

    /// <summary>Two words of the weights of a step to where they belong in the ring.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy<TCore>(ArrayView<Word4> ring, int to, int threads, ArrayView<Word4> weights, long from, int apart) where TCore : struct, ITensorCore
    {
        TCore.Copy(ref ring[to], ref weights[from]);
        TCore.Copy(ref ring[to + threads], ref weights[from + apart]);
    }

    /// <summary>The first quad of the input that a word of a chunk's patch is made of; the zeros, outside the picture.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long Source<TCore>(int word, int top, int left, int chunk, Parameters p) where TCore : struct, ITensorCore
    {
        int position = word / WarpTile.RowWords, y = top + position / PatchWidth - 1, x = left + position % PatchWidth - 1;
        bool inside = (uint)y < (uint)p.Height && (uint)x < (uint)p.Width;
        return inside ? ZeroQuads + ((long)y * p.Width + x) * p.In + (chunk * WarpTile.RowWords + word % WarpTile.RowWords) * TCore.Quads : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Finish<TWidth>(WarpTile tile, float factor, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, int top, int left, Parameters p)
        where TWidth : struct, ITensorWidth
    {
        int lane = Group.IdxX % 32, warp = Group.IdxX / 32, y = top + 4 * (warp % 2), x = left + lane / 4;
        int column = (Grid.IdxY * TWidth.ColumnWarps + warp / 2) * WarpTile.Columns / 4 + lane % 4;
        StoreRow(tile.A0, tile.A1, tile.A2, tile.A3, factor, bias, mask, output, y, x, column, p);
        StoreRow(tile.B0, tile.B1, tile.B2, tile.B3, factor, bias, mask, output, y + 1, x, column, p);
        StoreRow(tile.C0, tile.C1, tile.C2, tile.C3, factor, bias, mask, output, y + 2, x, column, p);
        StoreRow(tile.D0, tile.D1, tile.D2, tile.D3, factor, bias, mask, output, y + 3, x, column, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreRow(Float4 c0, Float4 c1, Float4 c2, Float4 c3, float factor, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, int y, int x, int column, Parameters p)
    {
        if (y >= p.Height) return;
        long row = ((long)y * p.Width + x) * p.Out;
        if (x < p.Width) WarpTile.Store(c0, c1, c2, c3, false, factor, bias, mask, output, row, column, p.Flags);
        if (x + 8 < p.Width) WarpTile.Store(c0, c1, c2, c3, true, factor, bias, mask, output, row + 8L * p.Out, column, p.Flags);
    }
}
