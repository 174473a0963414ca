using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// Products of channels, summed over pixels that lie one after the other: four channels times two vectors of channels.
/// <code>
/// sums[i * pitch + j] += sum over p below count of a[16 p + i] b[16 p + j]     i below 4, j below 2 vectors
/// </code>
/// The second vector of channels lies <c>second</c> floats behind the first.
/// </summary>
internal static unsafe class GramKernel
{
    public const int Rows = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector>(float* a, float* b, nint second, int count, float* sums, nint pitch)
        where TVector : struct, ISimd<TVector>
    {
        float* s1 = sums + pitch, s2 = s1 + pitch, s3 = s2 + pitch;
        int n = TVector.Count;
        TVector l0 = TVector.Load(sums), h0 = TVector.Load(sums + n), l1 = TVector.Load(s1), h1 = TVector.Load(s1 + n);
        TVector l2 = TVector.Load(s2), h2 = TVector.Load(s2 + n), l3 = TVector.Load(s3), h3 = TVector.Load(s3 + n);
        for (float* end = b + (nint)count * SimdTensor.BlockChannels; b != end; a += SimdTensor.BlockChannels, b += SimdTensor.BlockChannels)
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
