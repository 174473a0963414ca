using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>How the inputs of a micro-kernel lie.</summary>
internal interface IMicroInput
{
    /// <summary>Floats from one pixel to the next.</summary>
    static abstract int Pixel { get; }

    /// <summary>Inputs that lie side by side: the length of a segment.</summary>
    static abstract int Run { get; }

    /// <summary>Whether weights are asked for ahead of their use.</summary>
    static abstract bool Prefetches { get; }
}

/// <summary>Feature maps in groups of sixteen channels.</summary>
internal readonly struct BlockedInput : IMicroInput
{
    public static int Pixel => SimdTensor.BlockChannels;
    public static int Run => SimdTensor.BlockChannels;
    public static bool Prefetches => false;
}

/// <summary>Winograd-transformed tiles in groups of sixteen channels, whose weights are read once a block.</summary>
internal readonly struct TransformedInput : IMicroInput
{
    public static int Pixel => SimdTensor.BlockChannels;
    public static int Run => SimdTensor.BlockChannels;
    public static bool Prefetches => true;
}

/// <summary>Pictures in planes.</summary>
internal readonly struct PlanarInput : IMicroInput
{
    public static int Pixel => 1;
    public static int Run => 1;
    public static bool Prefetches => false;
}

/// <summary>
/// The one matrix product behind convolutions and the Gram gradient: a tile of neighbouring pixels times two vectors of
/// output channels, all sums in registers.
/// <code>
/// tile[r][o] = sum over segments s, over c below Run, of a[segments[s] + r Pixel + c] b[s Run + c][o]    r below Rows, o below Columns
/// </code>
/// The table of segments (9 taps for each group of input channels) stands for the matrix that im2col would write out.
/// <c>tile</c> is overwritten. Twelve rows fill 32 registers, six fill 16. Where the input says so, one line is asked for into
/// the second-level cache for each of the weights' rows: from <c>ahead</c> on, <c>step</c> floats apart.
/// </summary>
internal static unsafe class MicroKernel<TVector, TInput>
    where TVector : struct, ISimd<TVector>
    where TInput : struct, IMicroInput
{
    public static int Rows => TVector.ManyRegisters ? 12 : 6;
    public static int Columns => 2 * TVector.Count;

    /// <param name="a">First pixel's first input.</param>
    /// <param name="segments">Offsets of the segments.</param>
    /// <param name="count">Segments.</param>
    /// <param name="b">Weights.</param>
    /// <param name="tile">Sums.</param>
    /// <param name="ahead">The first line to ask for.</param>
    /// <param name="step">Floats to the next one; 0 where nothing is wanted.</param>
    /// <param name="rows">Rows that count: up to six are done in half the time, and the others stay as they were.</param>
    /// <param name="add">Whether sums are added to what <c>tile</c> holds.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(float* a, nint* segments, int count, float* b, float* tile, float* ahead = null, nint step = 0, int rows = 12, bool add = false)
    {
        if (TVector.ManyRegisters && rows > 6) Rows12(a, segments, count, b, tile, ahead, step, add);
        else Rows6(a, segments, count, b, tile, ahead, step, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows12(float* a, nint* segments, int count, float* b, float* tile, float* ahead, nint step, bool add)
    {
        int n = TVector.Count;
        TVector l0 = TVector.Zero, h0 = TVector.Zero;
        TVector l1 = TVector.Zero, h1 = TVector.Zero;
        TVector l2 = TVector.Zero, h2 = TVector.Zero;
        TVector l3 = TVector.Zero, h3 = TVector.Zero;
        TVector l4 = TVector.Zero, h4 = TVector.Zero;
        TVector l5 = TVector.Zero, h5 = TVector.Zero;
        TVector l6 = TVector.Zero, h6 = TVector.Zero;
        TVector l7 = TVector.Zero, h7 = TVector.Zero;
        TVector l8 = TVector.Zero, h8 = TVector.Zero;
        TVector l9 = TVector.Zero, h9 = TVector.Zero;
        TVector l10 = TVector.Zero, h10 = TVector.Zero;
        TVector l11 = TVector.Zero, h11 = TVector.Zero;
        for (nint* end = segments + count; segments != end; segments++)
        {
            float* q = a + *segments;
            for (int c = 0; c < TInput.Run; c++)
            {
                TVector b0 = TVector.Load(b), b1 = TVector.Load(b + n), x;
                b += 2 * n;
                if (TInput.Prefetches)
                {
                    Processor.PrefetchToSecondLevel(ahead);
                    ahead += step;
                }
                x = TVector.Broadcast(q + 0 * TInput.Pixel); l0 = TVector.MultiplyAdd(x, b0, l0); h0 = TVector.MultiplyAdd(x, b1, h0);
                x = TVector.Broadcast(q + 1 * TInput.Pixel); l1 = TVector.MultiplyAdd(x, b0, l1); h1 = TVector.MultiplyAdd(x, b1, h1);
                x = TVector.Broadcast(q + 2 * TInput.Pixel); l2 = TVector.MultiplyAdd(x, b0, l2); h2 = TVector.MultiplyAdd(x, b1, h2);
                x = TVector.Broadcast(q + 3 * TInput.Pixel); l3 = TVector.MultiplyAdd(x, b0, l3); h3 = TVector.MultiplyAdd(x, b1, h3);
                x = TVector.Broadcast(q + 4 * TInput.Pixel); l4 = TVector.MultiplyAdd(x, b0, l4); h4 = TVector.MultiplyAdd(x, b1, h4);
                x = TVector.Broadcast(q + 5 * TInput.Pixel); l5 = TVector.MultiplyAdd(x, b0, l5); h5 = TVector.MultiplyAdd(x, b1, h5);
                x = TVector.Broadcast(q + 6 * TInput.Pixel); l6 = TVector.MultiplyAdd(x, b0, l6); h6 = TVector.MultiplyAdd(x, b1, h6);
                x = TVector.Broadcast(q + 7 * TInput.Pixel); l7 = TVector.MultiplyAdd(x, b0, l7); h7 = TVector.MultiplyAdd(x, b1, h7);
                x = TVector.Broadcast(q + 8 * TInput.Pixel); l8 = TVector.MultiplyAdd(x, b0, l8); h8 = TVector.MultiplyAdd(x, b1, h8);
                x = TVector.Broadcast(q + 9 * TInput.Pixel); l9 = TVector.MultiplyAdd(x, b0, l9); h9 = TVector.MultiplyAdd(x, b1, h9);
                x = TVector.Broadcast(q + 10 * TInput.Pixel); l10 = TVector.MultiplyAdd(x, b0, l10); h10 = TVector.MultiplyAdd(x, b1, h10);
                x = TVector.Broadcast(q + 11 * TInput.Pixel); l11 = TVector.MultiplyAdd(x, b0, l11); h11 = TVector.MultiplyAdd(x, b1, h11);
                q++;
            }
        }
        Put(l0, tile + 0 * n, add); Put(h0, tile + 1 * n, add);
        Put(l1, tile + 2 * n, add); Put(h1, tile + 3 * n, add);
        Put(l2, tile + 4 * n, add); Put(h2, tile + 5 * n, add);
        Put(l3, tile + 6 * n, add); Put(h3, tile + 7 * n, add);
        Put(l4, tile + 8 * n, add); Put(h4, tile + 9 * n, add);
        Put(l5, tile + 10 * n, add); Put(h5, tile + 11 * n, add);
        Put(l6, tile + 12 * n, add); Put(h6, tile + 13 * n, add);
        Put(l7, tile + 14 * n, add); Put(h7, tile + 15 * n, add);
        Put(l8, tile + 16 * n, add); Put(h8, tile + 17 * n, add);
        Put(l9, tile + 18 * n, add); Put(h9, tile + 19 * n, add);
        Put(l10, tile + 20 * n, add); Put(h10, tile + 21 * n, add);
        Put(l11, tile + 22 * n, add); Put(h11, tile + 23 * n, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows6(float* a, nint* segments, int count, float* b, float* tile, float* ahead, nint step, bool add)
    {
        int n = TVector.Count;
        TVector l0 = TVector.Zero, h0 = TVector.Zero;
        TVector l1 = TVector.Zero, h1 = TVector.Zero;
        TVector l2 = TVector.Zero, h2 = TVector.Zero;
        TVector l3 = TVector.Zero, h3 = TVector.Zero;
        TVector l4 = TVector.Zero, h4 = TVector.Zero;
        TVector l5 = TVector.Zero, h5 = TVector.Zero;
        for (nint* end = segments + count; segments != end; segments++)
        {
            float* q = a + *segments;
            for (int c = 0; c < TInput.Run; c++)
            {
                TVector b0 = TVector.Load(b), b1 = TVector.Load(b + n), x;
                b += 2 * n;
                if (TInput.Prefetches)
                {
                    Processor.PrefetchToSecondLevel(ahead);
                    ahead += step;
                }
                x = TVector.Broadcast(q + 0 * TInput.Pixel); l0 = TVector.MultiplyAdd(x, b0, l0); h0 = TVector.MultiplyAdd(x, b1, h0);
                x = TVector.Broadcast(q + 1 * TInput.Pixel); l1 = TVector.MultiplyAdd(x, b0, l1); h1 = TVector.MultiplyAdd(x, b1, h1);
                x = TVector.Broadcast(q + 2 * TInput.Pixel); l2 = TVector.MultiplyAdd(x, b0, l2); h2 = TVector.MultiplyAdd(x, b1, h2);
                x = TVector.Broadcast(q + 3 * TInput.Pixel); l3 = TVector.MultiplyAdd(x, b0, l3); h3 = TVector.MultiplyAdd(x, b1, h3);
                x = TVector.Broadcast(q + 4 * TInput.Pixel); l4 = TVector.MultiplyAdd(x, b0, l4); h4 = TVector.MultiplyAdd(x, b1, h4);
                x = TVector.Broadcast(q + 5 * TInput.Pixel); l5 = TVector.MultiplyAdd(x, b0, l5); h5 = TVector.MultiplyAdd(x, b1, h5);
                q++;
            }
        }
        Put(l0, tile + 0 * n, add); Put(h0, tile + 1 * n, add);
        Put(l1, tile + 2 * n, add); Put(h1, tile + 3 * n, add);
        Put(l2, tile + 4 * n, add); Put(h2, tile + 5 * n, add);
        Put(l3, tile + 6 * n, add); Put(h3, tile + 7 * n, add);
        Put(l4, tile + 8 * n, add); Put(h4, tile + 9 * n, add);
        Put(l5, tile + 10 * n, add); Put(h5, tile + 11 * n, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put(TVector sum, float* to, bool add) => TVector.Store(add ? TVector.Add(TVector.Load(to), sum) : sum, to);
}
