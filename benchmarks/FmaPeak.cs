using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuStyle.Kernels;

namespace GpuStyle.Benchmarks;

/// <summary>The most GFLOP/s that a device's vector instructions reach with twelve independent sums in registers.</summary>
internal static unsafe class FmaPeak
{
    const int Chains = 12, Steps = 1 << 16, Tries = 5;

    public static double Measure(SimdDevice device) => device.VectorBits switch
    {
        512 => Measure<Simd512>(device),
        256 => Measure<Simd256>(device),
        _ => Measure<Simd128>(device),
    };

    static double Measure<TVector>(SimdDevice device)
        where TVector : struct, ISimd<TVector>
    {
        int items = device.Threads * 4;
        double least = double.PositiveInfinity;
        for (int i = 0; i < Tries; i++)
        {
            long start = Stopwatch.GetTimestamp();
            device.Run(new PeakJob<TVector>(), items);
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return 2.0 * TVector.Count * Chains * Steps * items / least / 1e9;
    }

    readonly struct PeakJob<TVector> : IJob
        where TVector : struct, ISimd<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Execute(int item, int worker)
        {
            float half = 0.5f;
            TVector x = TVector.Broadcast(&half), a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
            for (int n = 0; n < Steps; n++)
            {
                a = TVector.MultiplyAdd(a, x, x); b = TVector.MultiplyAdd(b, x, x); c = TVector.MultiplyAdd(c, x, x); d = TVector.MultiplyAdd(d, x, x);
                e = TVector.MultiplyAdd(e, x, x); f = TVector.MultiplyAdd(f, x, x); g = TVector.MultiplyAdd(g, x, x); h = TVector.MultiplyAdd(h, x, x);
                i = TVector.MultiplyAdd(i, x, x); j = TVector.MultiplyAdd(j, x, x); k = TVector.MultiplyAdd(k, x, x); l = TVector.MultiplyAdd(l, x, x);
            }
            var low = TVector.Add(TVector.Add(TVector.Add(a, b), TVector.Add(c, d)), TVector.Add(e, f));
            var high = TVector.Add(TVector.Add(TVector.Add(g, h), TVector.Add(i, j)), TVector.Add(k, l));
            if (Vector128.Sum(TVector.Fold(TVector.Add(low, high))) < 0) throw new InvalidOperationException("Sums of positive numbers are positive.");
        }
    }
}
