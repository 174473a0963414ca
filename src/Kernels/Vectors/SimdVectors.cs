using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Elementwise operations over tensors as flat memory, border included: zeros stay zeros in all of them but Fill. An item is
/// a chunk of fixed size; sums have one double-precision partial for each chunk (scratch), added in order.
/// </summary>
internal sealed unsafe class SimdVectors(SimdDevice device) : IVectors
{
    /// <summary>Floats in a chunk: with its double-precision sums it fits the first-level cache.</summary>
    const int Chunk = 2048;

    /// <summary>Chunks of a size that a number of floats makes.</summary>
    public static int Chunks(nint floats, int chunk) => checked((int)((floats + chunk - 1) / chunk));

    public void Fill(Tensor x, float value)
    {
        var values = x.Simd();
        device.Run(new FillJob(values.Data, value, x.Shape, values.Lanes, values.Border), values.Groups * values.Rows);
    }

    public void Copy(Tensor source, Tensor destination)
    {
        var (from, to) = Pair(source, destination);
        device.Run(new CopyJob(from.Data, to.Data, to.Floats), Chunks(to.Floats, Chunk));
    }

    public void SubtractMean(Tensor source, ReadOnlySpan<float> mean, Tensor destination)
    {
        var (from, to) = Pair(source, destination);
        if (mean.Length != source.Shape.Channels || to.Blocked) throw new ArgumentException($"{mean.Length} means do not fit a picture of {source.Shape}.", nameof(mean));
        fixed (float* means = mean)
            device.Run(new SubtractJob(from.Data, means, to.Data, to.RowFloats, to.Rows), to.Groups * to.Rows);
    }

    public void MaskByRelu(Tensor activation, Tensor gradient)
    {
        var (a, g) = Pair(activation, gradient);
        device.Run(new MaskJob(a.Data, g.Data, g.Floats), Chunks(g.Floats, Chunk));
    }

    public void Dot(IReadOnlyList<Tensor> vectors, Tensor y, Scalars sums, int first)
    {
        var b = y.Simd();
        int chunks = Chunks(b.Floats, Chunk), count = vectors.Count;
        double* partials = device.Partials((long)chunks * count);
        device.Run(new DotJob(Addresses(vectors, b), count, b.Data, b.Floats, partials, chunks), chunks);
        for (int v = 0; v < count; v++) new ScalarSlot(sums, first + v).AddPartials(partials + (nint)v * chunks, chunks);
    }

    public void SumOfAbsolutes(Tensor x, ScalarSlot sum)
    {
        var values = x.Simd();
        int chunks = Chunks(values.Floats, Chunk);
        double* partials = device.Partials(chunks);
        device.Run(new AbsolutesJob(values.Data, values.Floats, partials), chunks);
        sum.AddPartials(partials, chunks);
    }

    public void Combine(IReadOnlyList<Tensor> vectors, ReadOnlySpan<double> coefficients, Tensor destination)
    {
        var to = destination.Simd();
        if (coefficients.Length != vectors.Count) throw new ArgumentException($"{coefficients.Length} coefficients for {vectors.Count} vectors.", nameof(coefficients));
        fixed (double* factors = coefficients)
            device.Run(new CombineJob(Addresses(vectors, to), factors, vectors.Count, to.Data, to.Floats), Chunks(to.Floats, Chunk));
    }

    public void Adam(Tensor x, Tensor gradient, Tensor firstMoment, Tensor secondMoment, AdamStep step)
    {
        var (p, g) = Pair(x, gradient);
        var (m, v) = Pair(firstMoment, secondMoment);
        Pair(x, firstMoment);
        device.Run(new AdamJob(p.Data, g.Data, m.Data, v.Data, p.Floats, step.Beta1, step.Beta2, step.CorrectedRate, step.SecondCorrection, step.Epsilon), Chunks(p.Floats, Chunk));
    }

    static (SimdTensor A, SimdTensor B) Pair(Tensor a, Tensor b) =>
        a.Shape == b.Shape ? (a.Simd(), b.Simd()) : throw new ArgumentException($"{a.Shape} and {b.Shape} are not the same shape.");

    /// <summary>The vectors' addresses in scratch memory.</summary>
    float** Addresses(IReadOnlyList<Tensor> vectors, SimdTensor like)
    {
        float** addresses = (float**)device.Temporary(Scratch.Pointers, 2L * vectors.Count);
        for (int i = 0; i < vectors.Count; i++) addresses[i] = Pair(vectors[i], like).A.Data;
        return addresses;
    }

    /// <summary>The floats of a chunk.</summary>
    static Span<float> Slice(float* data, nint floats, int item) => new(data + (nint)item * Chunk, (int)Math.Min(Chunk, floats - (nint)item * Chunk));

    readonly struct FillJob(float* data, float value, Shape shape, int lanes, int border) : IJob
    {
        public void Execute(int item, int worker)
        {
            int rows = shape.Height + 2 * border, y = item % rows - border, used = Math.Min(lanes, shape.Channels - item / rows * lanes);
            float* row = data + item * (nint)(shape.Width + 2 * border) * lanes;
            var whole = new Span<float>(row, (shape.Width + 2 * border) * lanes);
            if (lanes == 1)
            {
                whole.Fill(value);
                return;
            }
            whole.Clear();
            if ((uint)y >= (uint)shape.Height) return;
            for (nint x = border; x < shape.Width + border; x++) new Span<float>(row + x * lanes, used).Fill(value);
        }
    }

    readonly struct CopyJob(float* source, float* destination, nint floats) : IJob
    {
        public void Execute(int item, int worker) => Slice(source, floats, item).CopyTo(Slice(destination, floats, item));
    }

    readonly struct SubtractJob(float* source, float* mean, float* destination, nint rowFloats, int rows) : IJob
    {
        public void Execute(int item, int worker)
        {
            float m = mean[item / rows];
            float* from = source + item * rowFloats, to = destination + item * rowFloats;
            for (nint i = 0; i < rowFloats; i++) to[i] = from[i] - m;
        }
    }

    readonly struct MaskJob(float* activation, float* gradient, nint floats) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* a = activation + (nint)item * Chunk, g = gradient + (nint)item * Chunk;
            nint count = Slice(gradient, floats, item).Length, i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
                (Vector.Load(g + i) & Vector.GreaterThan(Vector.Load(a + i), Vector<float>.Zero).As<int, float>()).Store(g + i);
            for (; i < count; i++) if (!(a[i] > 0)) g[i] = 0;
        }
    }

    readonly struct DotJob(float** vectors, int count, float* y, nint floats, double* partials, int chunks) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int v = 0; v < count; v++) partials[(nint)v * chunks + item] = Dot(Slice(vectors[v], floats, item), Slice(y, floats, item));
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

    /// <summary>Two vectors a pass, so that the sums go to the cache and back half as often.</summary>
    readonly struct CombineJob(float** vectors, double* coefficients, int count, float* destination, nint floats) : IJob
    {
        public void Execute(int item, int worker)
        {
            double* sums = stackalloc double[Chunk];
            var to = Slice(destination, floats, item);
            int v = 0;
            for (; v < count - 1; v += 2) Add(coefficients[v], Slice(vectors[v], floats, item), coefficients[v + 1], Slice(vectors[v + 1], floats, item), sums);
            if (v < count) Add(coefficients[v], Slice(vectors[v], floats, item), 0, Slice(vectors[v], floats, item), sums);
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
