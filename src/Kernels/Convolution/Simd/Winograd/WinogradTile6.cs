using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// F(6 x 6, 3 x 3): 64 products instead of 324. The points are 0, 1/2, -1/2, 1, -1, 2, -2 and infinity; other multiples of 1/16
/// are better by 2 % at most (docs/decisions/simd-engine.md). Every coefficient is exact in binary.
/// <code>
/// B^T =  -1   0  21/4   0  -21/4   0    1   0      A^T =  1   1    1    1   1   1   1   0
///         0   2    4  -5/2   -5   1/2   1   0             0  1/2 -1/2   1  -1   2  -2   0
///         0  -2    4   5/2   -5  -1/2   1   0             0  1/4  1/4   1   1   4   4   0
///         0   1    1 -17/4 -17/4   1    1   0             0  1/8 -1/8   1  -1   8  -8   0
///         0  -1    1  17/4 -17/4  -1    1   0             0 1/16 1/16   1   1  16  16   0
///         0  1/2  1/4 -5/2  -5/4   2    1   0             0 1/32 -1/32  1  -1  32 -32   1
///         0 -1/2  1/4  5/2  -5/4  -2    1   0
///         0  -1    0  21/4    0 -21/4   0   1      G: (g0 + p g1 + p² g2) / product of 2 p² and p² - q² over the other two q, -g0, g2
/// </code>
/// </summary>
internal readonly unsafe struct WinogradTile6 : IWinogradTile
{
    const float A = 0.5f, C = 2, A2 = A * A, C2 = C * C;

    public static int Outputs => 6;
    public static int Inputs => 8;
    public static int SummedGroups => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>
    {
        TVector x1 = TVector.Load(from + step), x2 = TVector.Load(from + 2 * step), x3 = TVector.Load(from + 3 * step);
        TVector x4 = TVector.Load(from + 4 * step), x5 = TVector.Load(from + 5 * step), x6 = TVector.Load(from + 6 * step);
        TVector sum = TVector.Create(A2 + 1 + C2);
        sink.Put(0, TVector.MultiplyAdd(sum, TVector.Subtract(x2, x4), TVector.Subtract(x6, TVector.Load(from))));
        sink.Put(7, TVector.MultiplyAdd(sum, TVector.Subtract(x3, x5), TVector.Subtract(TVector.Load(from + 7 * step), x1)));
        TVector middle = TVector.Create(-(A2 + C2));
        TVector even = TVector.MultiplyAdd(middle, x4, TVector.Add(x2, x6)), odd = TVector.MultiplyAdd(middle, x3, TVector.Add(x1, x5));
        sink.Put(3, TVector.Add(even, odd));
        sink.Put(4, TVector.Subtract(even, odd));
        middle = TVector.Create(-(1 + C2));
        TVector first = TVector.Create(C2);
        even = TVector.MultiplyAdd(first, x2, TVector.MultiplyAdd(middle, x4, x6));
        odd = TVector.MultiplyAdd(first, x1, TVector.MultiplyAdd(middle, x3, x5));
        sink.Put(1, TVector.MultiplyAdd(TVector.Create(A), odd, even));
        sink.Put(2, TVector.MultiplyAdd(TVector.Create(-A), odd, even));
        middle = TVector.Create(-(A2 + 1));
        first = TVector.Create(A2);
        even = TVector.MultiplyAdd(first, x2, TVector.MultiplyAdd(middle, x4, x6));
        odd = TVector.MultiplyAdd(first, x1, TVector.MultiplyAdd(middle, x3, x5));
        sink.Put(5, TVector.MultiplyAdd(TVector.Create(C), odd, even));
        sink.Put(6, TVector.MultiplyAdd(TVector.Create(-C), odd, even));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>
    {
        TVector l = TVector.Load(from + step), h = TVector.Load(from + 2 * step);
        TVector evenA = TVector.Add(l, h), oddA = TVector.Subtract(l, h);
        (l, h) = (TVector.Load(from + 3 * step), TVector.Load(from + 4 * step));
        TVector even = TVector.Add(l, h), odd = TVector.Subtract(l, h);
        (l, h) = (TVector.Load(from + 5 * step), TVector.Load(from + 6 * step));
        TVector evenC = TVector.Add(l, h), oddC = TVector.Subtract(l, h);
        sink.Put(0, TVector.Add(evenC, TVector.Add(even, TVector.Add(evenA, TVector.Load(from)))));
        sink.Put(1, TVector.MultiplyAdd(TVector.Create(C), oddC, TVector.MultiplyAdd(TVector.Create(A), oddA, odd)));
        sink.Put(2, TVector.MultiplyAdd(TVector.Create(C2), evenC, TVector.MultiplyAdd(TVector.Create(A2), evenA, even)));
        sink.Put(3, TVector.MultiplyAdd(TVector.Create(C2 * C), oddC, TVector.MultiplyAdd(TVector.Create(A2 * A), oddA, odd)));
        sink.Put(4, TVector.MultiplyAdd(TVector.Create(C2 * C2), evenC, TVector.MultiplyAdd(TVector.Create(A2 * A2), evenA, even)));
        sink.Put(5, TVector.MultiplyAdd(TVector.Create(C2 * C2 * C), oddC, TVector.MultiplyAdd(TVector.Create(A2 * A2 * A), oddA, TVector.Add(odd, TVector.Load(from + 7 * step)))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>
    {
        TVector g0 = TVector.Load(from), g1 = TVector.Load(from + step), g2 = TVector.Load(from + 2 * step);
        sink.Put(0, TVector.Multiply(TVector.Create(-1), g0));
        TVector even = TVector.MultiplyAdd(TVector.Create(A2), g2, g0), scale = TVector.Create(1 / (2 * A2 * (A2 - 1) * (A2 - C2)));
        sink.Put(1, TVector.Multiply(scale, TVector.MultiplyAdd(TVector.Create(A), g1, even)));
        sink.Put(2, TVector.Multiply(scale, TVector.MultiplyAdd(TVector.Create(-A), g1, even)));
        even = TVector.Add(g2, g0);
        scale = TVector.Create(1 / (2 * (1 - A2) * (1 - C2)));
        sink.Put(3, TVector.Multiply(scale, TVector.Add(even, g1)));
        sink.Put(4, TVector.Multiply(scale, TVector.Subtract(even, g1)));
        even = TVector.MultiplyAdd(TVector.Create(C2), g2, g0);
        scale = TVector.Create(1 / (2 * C2 * (C2 - A2) * (C2 - 1)));
        sink.Put(5, TVector.Multiply(scale, TVector.MultiplyAdd(TVector.Create(C), g1, even)));
        sink.Put(6, TVector.Multiply(scale, TVector.MultiplyAdd(TVector.Create(-C), g1, even)));
        sink.Put(7, g2);
    }
}
