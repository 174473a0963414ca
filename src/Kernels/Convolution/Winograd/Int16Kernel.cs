using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// The matrix product of <see cref="MicroKernel{TVector, TInput}"/> for <see cref="Int16Operands"/>: a part of a group of tiles times a part of a panel.
/// <code>
/// tile[r][o] (+)= scale[r] scale[o] sum over pairs p of a[r][p][0] b[p][o][0] + a[r][p][1] b[p][o][1]
/// </code>
/// A pair of 16-bit integers takes the place of a float.
/// </summary>
internal static unsafe class Int16Kernel<TVector>
    where TVector : struct, ISimd<TVector>
{
    /// <summary>Pairs of a whole part.</summary>
    const int Pairs = 2 * SimdTensor.BlockChannels;

    static int Rows => MicroKernel<TVector, TransformedInput>.Rows;
    static int Columns => MicroKernel<TVector, TransformedInput>.Columns;

    /// <summary>Floats' worth of a row of a part of inputs.</summary>
    public static int RowFloats => Pairs;

    /// <summary>Floats' worth of a part of a panel, whose last columns are the scales.</summary>
    public static int WeightFloats => (Pairs + 1) * Columns;

    /// <summary>Parameters are those of <see cref="MicroKernel{TVector, TInput}.Run"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(float* a, int pairs, float* b, float* tile, float* ahead, nint step, int rows, bool add)
    {
        if (TVector.ManyRegisters && rows > 6) Rows12(a, pairs, b, tile, ahead, step, add);
        else Rows6(a, pairs, b, tile, ahead, step, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    static void Rows12(float* a, int pairs, float* b, float* tile, float* ahead, nint step, bool add)
    {
        int n = TVector.Count;
        float* rowScales = a + Rows * RowFloats, scales = b + WeightFloats - Columns;
        float* sums = stackalloc float[12 * Columns + SimdTensor.BlockChannels];
        sums = NativeBlock.Aligned(sums);
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
        for (float* end = a + pairs; a != end; a++)
        {
            TVector b0 = TVector.Load(b), b1 = TVector.Load(b + n), x;
            b += 2 * n;
            Processor.PrefetchToSecondLevel(ahead);
            ahead += step;
            x = TVector.Broadcast(a + 0 * RowFloats); l0 = TVector.AddPairs(x, b0, l0); h0 = TVector.AddPairs(x, b1, h0);
            x = TVector.Broadcast(a + 1 * RowFloats); l1 = TVector.AddPairs(x, b0, l1); h1 = TVector.AddPairs(x, b1, h1);
            x = TVector.Broadcast(a + 2 * RowFloats); l2 = TVector.AddPairs(x, b0, l2); h2 = TVector.AddPairs(x, b1, h2);
            x = TVector.Broadcast(a + 3 * RowFloats); l3 = TVector.AddPairs(x, b0, l3); h3 = TVector.AddPairs(x, b1, h3);
            x = TVector.Broadcast(a + 4 * RowFloats); l4 = TVector.AddPairs(x, b0, l4); h4 = TVector.AddPairs(x, b1, h4);
            x = TVector.Broadcast(a + 5 * RowFloats); l5 = TVector.AddPairs(x, b0, l5); h5 = TVector.AddPairs(x, b1, h5);
            x = TVector.Broadcast(a + 6 * RowFloats); l6 = TVector.AddPairs(x, b0, l6); h6 = TVector.AddPairs(x, b1, h6);
            x = TVector.Broadcast(a + 7 * RowFloats); l7 = TVector.AddPairs(x, b0, l7); h7 = TVector.AddPairs(x, b1, h7);
            x = TVector.Broadcast(a + 8 * RowFloats); l8 = TVector.AddPairs(x, b0, l8); h8 = TVector.AddPairs(x, b1, h8);
            x = TVector.Broadcast(a + 9 * RowFloats); l9 = TVector.AddPairs(x, b0, l9); h9 = TVector.AddPairs(x, b1, h9);
            x = TVector.Broadcast(a + 10 * RowFloats); l10 = TVector.AddPairs(x, b0, l10); h10 = TVector.AddPairs(x, b1, h10);
            x = TVector.Broadcast(a + 11 * RowFloats); l11 = TVector.AddPairs(x, b0, l11); h11 = TVector.AddPairs(x, b1, h11);
        }
        TVector.Store(l0, sums + 0 * n); TVector.Store(h0, sums + 1 * n);
        TVector.Store(l1, sums + 2 * n); TVector.Store(h1, sums + 3 * n);
        TVector.Store(l2, sums + 4 * n); TVector.Store(h2, sums + 5 * n);
        TVector.Store(l3, sums + 6 * n); TVector.Store(h3, sums + 7 * n);
        TVector.Store(l4, sums + 8 * n); TVector.Store(h4, sums + 9 * n);
        TVector.Store(l5, sums + 10 * n); TVector.Store(h5, sums + 11 * n);
        TVector.Store(l6, sums + 12 * n); TVector.Store(h6, sums + 13 * n);
        TVector.Store(l7, sums + 14 * n); TVector.Store(h7, sums + 15 * n);
        TVector.Store(l8, sums + 16 * n); TVector.Store(h8, sums + 17 * n);
        TVector.Store(l9, sums + 18 * n); TVector.Store(h9, sums + 19 * n);
        TVector.Store(l10, sums + 20 * n); TVector.Store(h10, sums + 21 * n);
        TVector.Store(l11, sums + 22 * n); TVector.Store(h11, sums + 23 * n);
        Put(sums, 12, scales, rowScales, tile, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    static void Rows6(float* a, int pairs, float* b, float* tile, float* ahead, nint step, bool add)
    {
        int n = TVector.Count;
        float* rowScales = a + Rows * RowFloats, scales = b + WeightFloats - Columns;
        float* sums = stackalloc float[6 * Columns + SimdTensor.BlockChannels];
        sums = NativeBlock.Aligned(sums);
        TVector l0 = TVector.Zero, h0 = TVector.Zero;
        TVector l1 = TVector.Zero, h1 = TVector.Zero;
        TVector l2 = TVector.Zero, h2 = TVector.Zero;
        TVector l3 = TVector.Zero, h3 = TVector.Zero;
        TVector l4 = TVector.Zero, h4 = TVector.Zero;
        TVector l5 = TVector.Zero, h5 = TVector.Zero;
        for (float* end = a + pairs; a != end; a++)
        {
            TVector b0 = TVector.Load(b), b1 = TVector.Load(b + n), x;
            b += 2 * n;
            Processor.PrefetchToSecondLevel(ahead);
            ahead += step;
            x = TVector.Broadcast(a + 0 * RowFloats); l0 = TVector.AddPairs(x, b0, l0); h0 = TVector.AddPairs(x, b1, h0);
            x = TVector.Broadcast(a + 1 * RowFloats); l1 = TVector.AddPairs(x, b0, l1); h1 = TVector.AddPairs(x, b1, h1);
            x = TVector.Broadcast(a + 2 * RowFloats); l2 = TVector.AddPairs(x, b0, l2); h2 = TVector.AddPairs(x, b1, h2);
            x = TVector.Broadcast(a + 3 * RowFloats); l3 = TVector.AddPairs(x, b0, l3); h3 = TVector.AddPairs(x, b1, h3);
            x = TVector.Broadcast(a + 4 * RowFloats); l4 = TVector.AddPairs(x, b0, l4); h4 = TVector.AddPairs(x, b1, h4);
            x = TVector.Broadcast(a + 5 * RowFloats); l5 = TVector.AddPairs(x, b0, l5); h5 = TVector.AddPairs(x, b1, h5);
        }
        TVector.Store(l0, sums + 0 * n); TVector.Store(h0, sums + 1 * n);
        TVector.Store(l1, sums + 2 * n); TVector.Store(h1, sums + 3 * n);
        TVector.Store(l2, sums + 4 * n); TVector.Store(h2, sums + 5 * n);
        TVector.Store(l3, sums + 6 * n); TVector.Store(h3, sums + 7 * n);
        TVector.Store(l4, sums + 8 * n); TVector.Store(h4, sums + 9 * n);
        TVector.Store(l5, sums + 10 * n); TVector.Store(h5, sums + 11 * n);
        Put(sums, 6, scales, rowScales, tile, add);
    }

    /// <summary>
    /// Sums by their scales to the tile. A method of its own that reads its vectors from memory: the JIT compiler stops inlining into a method that has grown too large, and
    /// <see cref="ISimd{TSelf}.FromIntegers"/> would stay a call for each vector.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Put(float* sums, int rows, float* scales, float* rowScales, float* to, bool add)
    {
        int n = TVector.Count;
        TVector lowScale = TVector.Load(scales), highScale = TVector.Load(scales + n);
        for (int r = 0; r < rows; r++, sums += 2 * n, to += 2 * n)
        {
            TVector factor = TVector.Broadcast(rowScales + r);
            TVector low = TVector.Multiply(TVector.FromIntegers(TVector.Load(sums)), lowScale), high = TVector.Multiply(TVector.FromIntegers(TVector.Load(sums + n)), highScale);
            TVector.Store(add ? TVector.MultiplyAdd(low, factor, TVector.Load(to)) : TVector.Multiply(low, factor), to);
            TVector.Store(add ? TVector.MultiplyAdd(high, factor, TVector.Load(to + n)) : TVector.Multiply(high, factor), to + n);
        }
    }
}
