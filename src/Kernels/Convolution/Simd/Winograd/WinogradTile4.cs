using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// F(4 x 4, 3 x 3): 36 products instead of 144. The points are 0, a, -a, b, -b and infinity with a = 3/4 and b = 3/2, which are
/// exact in binary, as are their squares and the products of those; Lavin and Gray's 1 and 2 have twice the rounding error
/// (docs/decisions/simd-engine.md). The frequencies of a and -a are scaled by a, those of b and -b by b^2, so that the last
/// transform needs as few operations as with 1 and 2.
/// <code>
/// B^T =  a²b²    0  -a²-b²    0     1   0      A^T =  1  1/a   1/a  1/b²  1/b²  0
///           0 -ab²     -b²    a     1   0             0   1    -1   1/b  -1/b   0
///           0  ab²     -b²   -a     1   0             0   a     a    1     1    0
///           0 -a²b     -a²    b     1   0             0   a²   -a²   b    -b    1
///           0  a²b     -a²   -b     1   0
///           0  a²b²      0 -a²-b²   0   1      G: (g0 + p g1 + p² g2) / (2a(a²-b²) or 2(b²-a²)), g0 / a²b², g2
/// </code>
/// </summary>
internal readonly unsafe struct WinogradTile4 : IWinogradTile
{
    const float A = 0.75f, B = 1.5f, A2 = A * A, B2 = B * B;

    public static int Outputs => 4;
    public static int Inputs => 6;
    public static int SummedGroups => int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>
    {
        TVector x0 = TVector.Load(from), x1 = TVector.Load(from + step), x2 = TVector.Load(from + 2 * step);
        TVector x3 = TVector.Load(from + 3 * step), x4 = TVector.Load(from + 4 * step), x5 = TVector.Load(from + 5 * step);
        TVector product = TVector.Create(A2 * B2), sum = TVector.Create(-(A2 + B2));
        sink.Put(0, TVector.MultiplyAdd(product, x0, TVector.MultiplyAdd(sum, x2, x4)));
        TVector even = TVector.MultiplyAdd(TVector.Create(-B2), x2, x4), odd = TVector.MultiplyAdd(TVector.Create(-B2), x1, x3);
        sink.Put(1, TVector.MultiplyAdd(TVector.Create(A), odd, even));
        sink.Put(2, TVector.MultiplyAdd(TVector.Create(-A), odd, even));
        even = TVector.MultiplyAdd(TVector.Create(-A2), x2, x4);
        odd = TVector.MultiplyAdd(TVector.Create(-A2), x1, x3);
        sink.Put(3, TVector.MultiplyAdd(TVector.Create(B), odd, even));
        sink.Put(4, TVector.MultiplyAdd(TVector.Create(-B), odd, even));
        sink.Put(5, TVector.MultiplyAdd(product, x1, TVector.MultiplyAdd(sum, x3, x5)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>
    {
        TVector x1 = TVector.Load(from + step), x2 = TVector.Load(from + 2 * step), x3 = TVector.Load(from + 3 * step), x4 = TVector.Load(from + 4 * step);
        TVector even1 = TVector.Add(x1, x2), odd1 = TVector.Subtract(x1, x2), even2 = TVector.Add(x3, x4), odd2 = TVector.Subtract(x3, x4);
        sink.Put(0, TVector.MultiplyAdd(TVector.Create(1 / A), even1, TVector.MultiplyAdd(TVector.Create(1 / B2), even2, TVector.Load(from))));
        sink.Put(1, TVector.MultiplyAdd(TVector.Create(1 / B), odd2, odd1));
        sink.Put(2, TVector.MultiplyAdd(TVector.Create(A), even1, even2));
        sink.Put(3, TVector.MultiplyAdd(TVector.Create(A2), odd1, TVector.MultiplyAdd(TVector.Create(B), odd2, TVector.Load(from + 5 * step))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Weights<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>
    {
        TVector g0 = TVector.Load(from), g1 = TVector.Load(from + step), g2 = TVector.Load(from + 2 * step);
        sink.Put(0, TVector.Multiply(TVector.Create(1 / (A2 * B2)), g0));
        TVector even = TVector.MultiplyAdd(TVector.Create(A2), g2, g0), scale = TVector.Create(1 / (2 * A * (A2 - B2)));
        sink.Put(1, TVector.Multiply(scale, TVector.MultiplyAdd(TVector.Create(A), g1, even)));
        sink.Put(2, TVector.Multiply(scale, TVector.MultiplyAdd(TVector.Create(-A), g1, even)));
        even = TVector.MultiplyAdd(TVector.Create(B2), g2, g0);
        scale = TVector.Create(1 / (2 * (B2 - A2)));
        sink.Put(3, TVector.Multiply(scale, TVector.MultiplyAdd(TVector.Create(B), g1, even)));
        sink.Put(4, TVector.Multiply(scale, TVector.MultiplyAdd(TVector.Create(-B), g1, even)));
        sink.Put(5, g2);
    }
}
