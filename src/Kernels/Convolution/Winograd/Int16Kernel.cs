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
    static void Rows12(float* a, int pairs, float* b, float* tile, float* ahead, nint step, bool add)
    {
        int n = TVector.Count;
        float* rowScales = a + Rows * RowFloats, scales = b + WeightFloats - Columns;
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
        Put(l0, h0, scales, rowScales + 0, tile + 0 * n, add);
        Put(l1, h1, scales, rowScales + 1, tile + 2 * n, add);
        Put(l2, h2, scales, rowScales + 2, tile + 4 * n, add);
        Put(l3, h3, scales, rowScales + 3, tile + 6 * n, add);
        Put(l4, h4, scales, rowScales + 4, tile + 8 * n, add);
        Put(l5, h5, scales, rowScales + 5, tile + 10 * n, add);
        Put(l6, h6, scales, rowScales + 6, tile + 12 * n, add);
        Put(l7, h7, scales, rowScales + 7, tile + 14 * n, add);
        Put(l8, h8, scales, rowScales + 8, tile + 16 * n, add);
        Put(l9, h9, scales, rowScales + 9, tile + 18 * n, add);
        Put(l10, h10, scales, rowScales + 10, tile + 20 * n, add);
        Put(l11, h11, scales, rowScales + 11, tile + 22 * n, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows6(float* a, int pairs, float* b, float* tile, float* ahead, nint step, bool add)
    {
        int n = TVector.Count;
        float* rowScales = a + Rows * RowFloats, scales = b + WeightFloats - Columns;
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
        Put(l0, h0, scales, rowScales + 0, tile + 0 * n, add);
        Put(l1, h1, scales, rowScales + 1, tile + 2 * n, add);
        Put(l2, h2, scales, rowScales + 2, tile + 4 * n, add);
        Put(l3, h3, scales, rowScales + 3, tile + 6 * n, add);
        Put(l4, h4, scales, rowScales + 4, tile + 8 * n, add);
        Put(l5, h5, scales, rowScales + 5, tile + 10 * n, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put(TVector low, TVector high, float* scales, float* rowScale, float* to, bool add)
    {
        int n = TVector.Count;
        TVector factor = TVector.Broadcast(rowScale);
        low = TVector.Multiply(TVector.FromIntegers(low), TVector.Load(scales));
        high = TVector.Multiply(TVector.FromIntegers(high), TVector.Load(scales + n));
        TVector.Store(add ? TVector.MultiplyAdd(low, factor, TVector.Load(to)) : TVector.Multiply(low, factor), to);
        TVector.Store(add ? TVector.MultiplyAdd(high, factor, TVector.Load(to + n)) : TVector.Multiply(high, factor), to + n);
    }
}
