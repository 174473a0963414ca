using System.Numerics;

namespace GpuStyle.Kernels;

/// <content>Linear combinations and Adam's step, computed in double precision and rounded once, but for packed vectors.</content>
internal sealed unsafe partial class SimdVectors
{
    /// <summary>Two vectors a pass, or four that are packed, so that the sums go to the cache and back less often.</summary>
    readonly struct CombineJob(Source* vectors, double* coefficients, int count, float* destination, nint floats) : IJob
    {
        public void Execute(int item, int worker)
        {
            double* sums = stackalloc double[Chunk];
            var to = Slice(destination, floats, item);
            for (int v = 0, end; v < count; v = end)
            {
                end = v + 1;
                while (end < count && end - v < (vectors[v].Packed ? PackedAtOnce : 2) && vectors[end].Packed == vectors[v].Packed) end++;
                if (vectors[v].Packed) AddPacked(vectors + v, coefficients + v, end - v, Math.Min(PackedAtOnce, count - end), item, sums);
                else Add(coefficients[v], vectors[v].Slice(item), end - v == 2 ? coefficients[v + 1] : 0, vectors[end - 1].Slice(item), sums);
            }
            int i = 0;
            for (; i <= to.Length - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Narrow(Vector.Load(sums + i), Vector.Load(sums + i + Vector<double>.Count)).CopyTo(to[i..]);
            for (; i < to.Length; i++) to[i] = (float)sums[i];
        }

        static void Add(double a, ReadOnlySpan<float> x, double b, ReadOnlySpan<float> y, double* sums)
        {
            Vector<double> va = new(a), vb = new(b);
            int i = 0;
            for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.Widen(new Vector<float>(x[i..]), out var x0, out var x1);
                Vector.Widen(new Vector<float>(y[i..]), out var y0, out var y1);
                double* low = sums + i, high = low + Vector<double>.Count;
                Vector.MultiplyAddEstimate(vb, y0, Vector.MultiplyAddEstimate(va, x0, Vector.Load(low))).Store(low);
                Vector.MultiplyAddEstimate(vb, y1, Vector.MultiplyAddEstimate(va, x1, Vector.Load(high))).Store(high);
            }
            for (; i < x.Length; i++) sums[i] += a * x[i] + b * y[i];
        }
    }

    readonly struct AdamJob(float* x, float* gradient, float* firstMoment, float* secondMoment, nint floats,
        double beta1, double beta2, double rate, double correction, double epsilon) : IJob
    {
        public void Execute(int item, int worker)
        {
            Span<float> p = Slice(x, floats, item), g = Slice(gradient, floats, item), m = Slice(firstMoment, floats, item), v = Slice(secondMoment, floats, item);
            int i = 0;
            for (; i <= p.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector.Widen(new Vector<float>(p[i..]), out var p0, out var p1);
                Vector.Widen(new Vector<float>(g[i..]), out var g0, out var g1);
                Vector.Widen(new Vector<float>(m[i..]), out var m0, out var m1);
                Vector.Widen(new Vector<float>(v[i..]), out var v0, out var v1);
                Step(ref p0, g0, ref m0, ref v0);
                Step(ref p1, g1, ref m1, ref v1);
                Vector.Narrow(p0, p1).CopyTo(p[i..]);
                Vector.Narrow(m0, m1).CopyTo(m[i..]);
                Vector.Narrow(v0, v1).CopyTo(v[i..]);
            }
            for (; i < p.Length; i++)
            {
                double first = beta1 * m[i] + (1 - beta1) * g[i], second = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
                (m[i], v[i]) = ((float)first, (float)second);
                p[i] = (float)(p[i] - rate * first / (Math.Sqrt(second) / correction + epsilon));
            }
        }

        void Step(ref Vector<double> p, Vector<double> g, ref Vector<double> m, ref Vector<double> v)
        {
            m = beta1 * m + (1 - beta1) * g;
            v = beta2 * v + (1 - beta2) * g * g;
            p -= rate * m / (Vector.SquareRoot(v) / new Vector<double>(correction) + new Vector<double>(epsilon));
        }
    }
}
