using System.Numerics;

namespace GpuStyle.Kernels;

/// <content>Sums: each float is widened, so that nothing is lost before the last rounding, but for packed vectors.</content>
internal sealed unsafe partial class SimdVectors
{
    readonly struct DotJob(Source* vectors, int count, float* y, nint floats, double* partials, int chunks) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int v = 0; v < count; v++)
                partials[(nint)v * chunks + item] = vectors[v].Packed
                    ? DotPacked(vectors[v], item, y, vectors[Math.Min(v + 1, count - 1)].Bytes(item))
                    : Dot(vectors[v].Slice(item), Slice(y, floats, item));
        }

        static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            Vector<double> even = Vector<double>.Zero, odd = Vector<double>.Zero;
            int i = 0;
            for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.Widen(new Vector<float>(a[i..]), out var a0, out var a1);
                Vector.Widen(new Vector<float>(b[i..]), out var b0, out var b1);
                even = Vector.MultiplyAddEstimate(a0, b0, even);
                odd = Vector.MultiplyAddEstimate(a1, b1, odd);
            }
            double sum = Vector.Sum(even + odd);
            for (; i < a.Length; i++) sum += (double)a[i] * b[i];
            return sum;
        }
    }

    /// <summary>sums += x, each float widened.</summary>
    public static void Add(ReadOnlySpan<float> x, Span<double> sums)
    {
        int i = 0;
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(x[i..]), out var low, out var high);
            Span<double> first = sums[i..], second = sums[(i + Vector<double>.Count)..];
            (new Vector<double>(first) + low).CopyTo(first);
            (new Vector<double>(second) + high).CopyTo(second);
        }
        for (; i < x.Length; i++) sums[i] += x[i];
    }

    readonly struct AbsolutesJob(float* x, nint floats, double* partials) : IJob
    {
        public void Execute(int item, int worker)
        {
            var values = Slice(x, floats, item);
            var total = Vector<double>.Zero;
            int i = 0;
            for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.Widen(Vector.Abs(new Vector<float>(values[i..])), out var low, out var high);
                total += low + high;
            }
            double sum = Vector.Sum(total);
            for (; i < values.Length; i++) sum += Math.Abs((double)values[i]);
            partials[item] = sum;
        }
    }
}
