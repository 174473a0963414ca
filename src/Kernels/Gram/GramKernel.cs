using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// Products of channels, summed over pixels that lie one after the other: a few channels times two vectors of channels.
/// <code>
/// sums[i * pitch + j] += sum over p below count of a[16 p + i] b[16 p + j]     i below Rows, j below 2 vectors
/// </code>
/// The second vector of channels lies <c>second</c> floats behind the first. Eight rows where there are 32 registers, else four.
/// </summary>
internal static unsafe class GramKernel<TVector>
    where TVector : struct, ISimd<TVector>
{
    const int Pixel = SimdTensor.BlockChannels;

    public static int Rows => TVector.ManyRegisters ? 8 : 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(float* a, float* b, nint second, int count, float* sums, nint pitch)
    {
        if (TVector.ManyRegisters) Rows8(a, b, second, count, sums, pitch);
        else Rows4(a, b, second, count, sums, pitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows8(float* a, float* b, nint second, int count, float* sums, nint pitch)
    {
        float* s1 = sums + pitch, s2 = s1 + pitch, s3 = s2 + pitch, s4 = s3 + pitch, s5 = s4 + pitch, s6 = s5 + pitch, s7 = s6 + pitch;
        int n = TVector.Count;
        TVector l0 = TVector.Load(sums), h0 = TVector.Load(sums + n), l1 = TVector.Load(s1), h1 = TVector.Load(s1 + n);
        TVector l2 = TVector.Load(s2), h2 = TVector.Load(s2 + n), l3 = TVector.Load(s3), h3 = TVector.Load(s3 + n);
        TVector l4 = TVector.Load(s4), h4 = TVector.Load(s4 + n), l5 = TVector.Load(s5), h5 = TVector.Load(s5 + n);
        TVector l6 = TVector.Load(s6), h6 = TVector.Load(s6 + n), l7 = TVector.Load(s7), h7 = TVector.Load(s7 + n);
        for (float* end = b + (nint)count * Pixel; b != end; a += Pixel, b += Pixel)
        {
            TVector low = TVector.Load(b), high = TVector.Load(b + second), x;
            x = TVector.Broadcast(a); l0 = TVector.MultiplyAdd(x, low, l0); h0 = TVector.MultiplyAdd(x, high, h0);
            x = TVector.Broadcast(a + 1); l1 = TVector.MultiplyAdd(x, low, l1); h1 = TVector.MultiplyAdd(x, high, h1);
            x = TVector.Broadcast(a + 2); l2 = TVector.MultiplyAdd(x, low, l2); h2 = TVector.MultiplyAdd(x, high, h2);
            x = TVector.Broadcast(a + 3); l3 = TVector.MultiplyAdd(x, low, l3); h3 = TVector.MultiplyAdd(x, high, h3);
            x = TVector.Broadcast(a + 4); l4 = TVector.MultiplyAdd(x, low, l4); h4 = TVector.MultiplyAdd(x, high, h4);
            x = TVector.Broadcast(a + 5); l5 = TVector.MultiplyAdd(x, low, l5); h5 = TVector.MultiplyAdd(x, high, h5);
            x = TVector.Broadcast(a + 6); l6 = TVector.MultiplyAdd(x, low, l6); h6 = TVector.MultiplyAdd(x, high, h6);
            x = TVector.Broadcast(a + 7); l7 = TVector.MultiplyAdd(x, low, l7); h7 = TVector.MultiplyAdd(x, high, h7);
        }
        TVector.Store(l0, sums); TVector.Store(h0, sums + n); TVector.Store(l1, s1); TVector.Store(h1, s1 + n);
        TVector.Store(l2, s2); TVector.Store(h2, s2 + n); TVector.Store(l3, s3); TVector.Store(h3, s3 + n);
        TVector.Store(l4, s4); TVector.Store(h4, s4 + n); TVector.Store(l5, s5); TVector.Store(h5, s5 + n);
        TVector.Store(l6, s6); TVector.Store(h6, s6 + n); TVector.Store(l7, s7); TVector.Store(h7, s7 + n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows4(float* a, float* b, nint second, int count, float* sums, nint pitch)
    {
        float* s1 = sums + pitch, s2 = s1 + pitch, s3 = s2 + pitch;
        int n = TVector.Count;
        TVector l0 = TVector.Load(sums), h0 = TVector.Load(sums + n), l1 = TVector.Load(s1), h1 = TVector.Load(s1 + n);
        TVector l2 = TVector.Load(s2), h2 = TVector.Load(s2 + n), l3 = TVector.Load(s3), h3 = TVector.Load(s3 + n);
        for (float* end = b + (nint)count * Pixel; b != end; a += Pixel, b += Pixel)
        {
            TVector low = TVector.Load(b), high = TVector.Load(b + second), x;
            x = TVector.Broadcast(a); l0 = TVector.MultiplyAdd(x, low, l0); h0 = TVector.MultiplyAdd(x, high, h0);
            x = TVector.Broadcast(a + 1); l1 = TVector.MultiplyAdd(x, low, l1); h1 = TVector.MultiplyAdd(x, high, h1);
            x = TVector.Broadcast(a + 2); l2 = TVector.MultiplyAdd(x, low, l2); h2 = TVector.MultiplyAdd(x, high, h2);
            x = TVector.Broadcast(a + 3); l3 = TVector.MultiplyAdd(x, low, l3); h3 = TVector.MultiplyAdd(x, high, h3);
        }
        TVector.Store(l0, sums); TVector.Store(h0, sums + n); TVector.Store(l1, s1); TVector.Store(h1, s1 + n);
        TVector.Store(l2, s2); TVector.Store(h2, s2 + n); TVector.Store(l3, s3); TVector.Store(h3, s3 + n);
    }
}
