using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// 3x3 convolution from channels-last to channels-last on tensor cores, as an implicit matrix product (Chetlur et al. 2014): rows
/// are outgoing channels, columns positions, and the sum runs over incoming channels and taps. Both directions, like
/// <see cref="TiledConvolution"/>, whose finish it shares (<see cref="TensorCoreEpilogue"/>).
/// <para>
/// A group computes 8 x 16 positions by 64 or 128 channels, and may pool them: no 2x2 square is in two groups, and a thread has whole ones.
/// A step is one tap of a chunk of incoming channels (16 in TF32, 32 in half precision). The chunk's patch of 10 x 18 positions serves all
/// nine taps (<see cref="TensorCorePatch"/>). A share of the next chunk's is read before a step's products, which hide the wait for it,
/// then converted and put into the other buffer. Weights come two steps ahead by asynchronous copies. One barrier a step.
/// </para>
/// <para>
/// The loop counts steps alone: all else follows from them by a few instructions, and registers are what is scarce. Nothing in it branches.
/// </para>
/// <code>
/// X: channels-last behind its block of zeros, or what its gradient is read from (IPatchSource)
/// W: [64 channels][chunk][tap][32 channels][WarpTile.Place], words of operands
/// largest: magnitudes by slots (OperandScale), if operands are scaled       Y, mask, pooled: channels-last       bias: [K]
/// </code>
/// </summary>
internal static class TensorCoreConvolution
{
    /// <summary>Positions of a group, and its threads.</summary>
    public const int Rows = 8, Across = 16, Threads = 128;

    /// <summary>Channels that weights are packed by.</summary>
    public const int PackedChannels = 64;

    public const int Taps = 9;

    /// <summary>Buffers of weights, one for each tap of a row: one is read while two are filled.</summary>
    const int Stages = 3;

    /// <summary>Flags of <see cref="Parameters"/>: what is pooled of what was stored.</summary>
    public const int Average = 8, Largest = 16;

    const int PackedWords = PackedChannels * WarpTile.RowWords, PatchRow = TensorCorePatch.Width * WarpTile.RowWords;

    internal struct Parameters
    {
        /// <summary>Size of the picture.</summary>
        public int Height, Width;

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
        var patches = SharedMemory.Allocate<Word4>(2 * TensorCorePatch.Words);
        var ring = SharedMemory.Allocate<Word4>(Stages * TWidth.Blocks * PackedWords);
        var exchange = TCore.Exchange();
        int stageWords = TWidth.Blocks * PackedWords, thread = Group.IdxX;
        float scale = TCore.Scaled ? OperandScale.Of(largest[p.LargestIn]) : 1;

        // A warp copies 64 Word4s in a row: two that are 32 apart for each thread, near enough for one address.
        int steps = Taps * p.Chunks, apart = steps * PackedWords;
        int copied = thread + (thread & ~31);
        var own = weights.SubView(Grid.IdxZ * TWidth.Blocks * apart);
        for (int s = 0; s < Stages - 1; s++)
            Copy<TCore, TWidth>(ring.SubView(s * stageWords + copied), own.SubView(copied + s * PackedWords), apart);
        for (int word = thread; word < TensorCorePatch.Words; word += Threads)
            patches[word] = TensorCorePatch.Operands<TCore, TSource>(
                TensorCorePatch.Read<TCore, TSource>(input, pooled, word, 0, p), scale);

        WarpTile tile = default, second = default;
        int fragments = (thread >> 6) * TWidth.Blocks * WarpTile.FragmentWords + (thread & 31);
        int first = ((thread & 32) >> 3) * PatchRow + (thread & 31);
        for (int step = 0; step < steps; step++)
        {
            // Quotients by 9 and 3 (exact up to 32,000 and 30) and remainders without divisions. Stages follow taps, three and nine.
            int chunk = (step * 7282) >> 16, tap = step - Taps * chunk, tapRow = (tap * 11) >> 5, stage = tap - 3 * tapRow;
            int ahead = stage == 0 ? Stages - 1 : stage - 1, word = thread + tap * Threads, here = (chunk & 1) * TensorCorePatch.Words;
            var next = TensorCorePatch.Read<TCore, TSource>(input, pooled, word, chunk + 1, p);
            TCore.Wait();
            Group.Barrier();
            // Instead of weights of steps that there are not, those of the last are copied again.
            int copy = Math.Min(step + Stages - 1, steps - 1);
            Copy<TCore, TWidth>(ring.SubView(ahead * stageWords + copied), own.SubView(copied + copy * PackedWords), apart);
            WarpTile.Multiply<TCore>(ref tile, ref second, TWidth.Blocks > 1, false, ring.SubView(fragments + stage * stageWords),
                patches.SubView(first + here + tap * WarpTile.RowWords + tapRow * (PatchRow - 3 * WarpTile.RowWords)), PatchRow, exchange);
            // Not within the condition: the reading would be moved there too, and waited for.
            var converted = TensorCorePatch.Operands<TCore, TSource>(next, scale);
            if (word < TensorCorePatch.Words) patches[TensorCorePatch.Words - here + word] = converted;
        }
        float factor = TCore.Scaled ? TSource.Factor * p.Unscale * OperandScale.Inverse(scale) : TSource.Factor, most = 0;
        TensorCoreEpilogue.Store<TWidth>(tile, 0, factor, bias, mask, output, pooled, ref most, p);
        if (TWidth.Blocks > 1) TensorCoreEpilogue.Store<TWidth>(second, 1, factor, bias, mask, output, pooled, ref most, p);
        if (TCore.Scaled) TensorCoreEpilogue.Raise(largest, most, patches.Cast<float>(), p);
    }

    /// <summary>
    /// Starts copying a thread's part of the weights of a step to a stage of the ring: two Word4s of each block of channels, the second
    /// block lying <paramref name="apart"/> of the first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy<TCore, TWidth>(ArrayView<Word4> stage, ArrayView<Word4> block, int apart)
        where TCore : struct, ITensorCore
        where TWidth : struct, ITensorWidth
    {
        TCore.Copy(ref stage[0], ref block[0]);
        TCore.Copy(ref stage[32], ref block[32]);
        if (TWidth.Blocks > 1)
        {
            block = block.SubView(apart);
            TCore.Copy(ref stage[PackedWords], ref block[0]);
            TCore.Copy(ref stage[PackedWords + 32], ref block[32]);
        }
        TCore.Commit();
    }
}
