using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Moments of channel-blocked features, a vector of channels at once, and of planes, float by float. Sums are cut into chunks of rows by the
/// shape alone: a row is summed in float32, rows in double precision (scratch: a sum for each channel of each chunk), chunks in order.
/// What runs over channels alone is done by the caller.
/// </summary>
internal sealed unsafe class SimdMoments(SimdDevice device) : IMoments
{
    const int Lanes = SimdTensor.BlockChannels, ChunkPixels = 1 << 12;

    public void Accumulate(Tensor features, Tensor? weights, Region region, Tensor sums)
    {
        IMoments.Check(features, weights, region, sums);
        var f = features.Simd();
        var (rows, chunks) = Cut(region);
        double* partials = device.Partials((long)f.Groups * chunks * Lanes);
        device.Run(new SumJob(Place.Of(f, region), Place.OfWeights(weights, region), rows, chunks, partials), f.Groups * chunks);
        float* to = sums.Simd().Data;
        for (int c = 0; c < f.Shape.Channels; c++)
        {
            double sum = to[c];
            for (int chunk = 0; chunk < chunks; chunk++) sum += partials[((long)(c / f.Lanes) * chunks + chunk) * Lanes + c % f.Lanes];
            to[c] = (float)sum;
        }
    }

    public void ForecastScratch(Shape features, Region region, ScratchForecast forecast) =>
        SimdDevice.Forecast(forecast, Scratch.Partials, 2L * SimdTensor.GroupsOf(features) * Cut(region).Chunks * Lanes);

    /// <summary>Rows of a chunk, and chunks.</summary>
    static (int Rows, int Chunks) Cut(Region region)
    {
        int rows = Math.Max(1, ChunkPixels / region.Width);
        return (rows, (region.Height + rows - 1) / rows);
    }

    public void Scale(Tensor x, Tensor weights, Region region, Tensor result, bool accumulate)
    {
        IMoments.Check(x, weights, region, null, result);
        var to = result.Simd();
        if (!accumulate && !region.Covers(x.Shape)) SimdBorder.ClearAll(device, to);
        else if (!accumulate && result != x) SimdBorder.Clear(device, to);
        device.Run(new ScaleJob(Place.Of(x.Simd(), region), Place.OfWeights(weights, region), Place.Of(to, region), accumulate), to.Groups * region.Height);
    }

    public void Spread(Tensor vector, Tensor? weights, Region region, Tensor result)
    {
        IMoments.Check(result, weights, region, vector);
        var to = result.Simd();
        device.Run(new SpreadJob(vector.Simd().Data, to.Shape.Channels, Place.OfWeights(weights, region), Place.Of(to, region)), to.Groups * region.Height);
    }

    public void Divide(Tensor x, double factor, ScalarSlot divisor, Tensor result, bool accumulate)
    {
        if (x.Shape != result.Shape) throw new ArgumentException($"{result.Shape} does not fit {x.Shape}.", nameof(result));
        double scale = factor / (((SimdScalars)divisor.Scalars).Values[divisor.Index] + IMoments.LeastDivisor);
        var to = result.Simd();
        device.Run(new DivideJob(x.Simd().Data, (float)scale, to.Data, to.Floats, accumulate), SimdVectors.Chunks(to.Floats, DivideJob.Chunk));
    }

    public void DeviationError(Tensor gram, Tensor sums, double mass, Tensor target, ScalarSlot value, double valueFactor, Tensor matrix, Tensor vector, double gradientFactor)
    {
        IMoments.Check(gram, sums, target, matrix, vector);
        int order = sums.Shape.Width;
        float* s = sums.Simd().Data, t = target.Simd().Data, v = vector.Simd().Data;
        double total = 0;
        for (int i = 0; i < order; i++)
        {
            nint diagonal = (nint)i * (order + 1);
            double mean = s[i] / mass, deviation = Math.Sqrt(Math.Max(0, gram.Simd().Data[diagonal] / mass - mean * mean)), e = deviation - t[i];
            total += e * e;
            if (deviation == 0) continue;
            matrix.Simd().Data[diagonal] += (float)(gradientFactor * e / deviation);
            v[i] -= (float)(gradientFactor * e / deviation * mean);
        }
        total *= valueFactor;
        value.AddPartials(&total, 1);
    }

    /// <summary>A region of a tensor: its first float, and the steps from one group of channels and one row to the next.</summary>
    readonly record struct Place(nint First, nint Group, nint Row, int Lanes, int Height, int Width)
    {
        public static Place Of(SimdTensor t, Region region) =>
            new((nint)(t.Pixel(0) + region.Top * t.RowFloats + region.Left * t.Lanes), t.GroupFloats, t.RowFloats, t.Lanes, region.Height, region.Width);

        public static Place OfWeights(Tensor? weights, Region region) => weights is null ? default : Of(weights.Simd(), region);

        public float* At(int group, int y) => First == 0 ? null : (float*)First + group * Group + y * Row;
    }

    /// <summary>An item is a chunk of a group's rows.</summary>
    readonly struct SumJob(Place features, Place weights, int rows, int chunks, double* partials) : IJob
    {
        public void Execute(int item, int worker)
        {
            int group = item / chunks, from = item % chunks * rows, to = Math.Min(from + rows, features.Height);
            double* sums = partials + (long)item * Lanes;
            new Span<double>(sums, Lanes).Clear();
            for (int y = from; y < to; y++)
            {
                float* f = features.At(group, y), w = weights.At(0, y);
                if (features.Lanes == 1) sums[0] += Plane(f, w);
                else for (int c = 0; c < Lanes; c += Vector<float>.Count) AddRow(f + c, w, sums + c);
            }
        }

        double Plane(float* f, float* w)
        {
            double sum = 0;
            for (int x = 0; x < features.Width; x++) sum += w is null ? f[x] : f[x] * w[x];
            return sum;
        }

        void AddRow(float* f, float* w, double* sums)
        {
            Vector<float> even = Vector<float>.Zero, odd = Vector<float>.Zero;
            int x = 0;
            for (; x + 1 < features.Width; x += 2, f += 2 * Lanes)
            {
                Vector<float> a = Vector.Load(f), b = Vector.Load(f + Lanes);
                even += w is null ? a : a * w[x];
                odd += w is null ? b : b * w[x + 1];
            }
            if (x < features.Width) even += w is null ? Vector.Load(f) : Vector.Load(f) * w[x];
            Vector.Widen(even + odd, out var low, out var high);
            (Vector.Load(sums) + low).Store(sums);
            (Vector.Load(sums + Vector<double>.Count) + high).Store(sums + Vector<double>.Count);
        }
    }

    /// <summary>An item is a row of a group.</summary>
    readonly struct ScaleJob(Place x, Place weights, Place result, bool accumulate) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* from = x.At(item / x.Height, item % x.Height), w = weights.At(0, item % x.Height), to = result.At(item / x.Height, item % x.Height);
            if (x.Lanes == 1)
                for (int i = 0; i < x.Width; i++) to[i] = w[i] * from[i] + (accumulate ? to[i] : 0);
            else
                for (int i = 0; i < x.Width; i++, from += Lanes, to += Lanes)
                    for (int c = 0; c < Lanes; c += Vector<float>.Count)
                    {
                        var scaled = w[i] * Vector.Load(from + c);
                        (accumulate ? Vector.Load(to + c) + scaled : scaled).Store(to + c);
                    }
        }
    }

    /// <summary>An item is a piece of the storage, border included: zeros stay zeros, also over what is not a number.</summary>
    readonly struct DivideJob(float* x, float scale, float* result, nint floats, bool accumulate) : IJob
    {
        public const int Chunk = 1 << 14;

        public void Execute(int item, int worker)
        {
            nint i = (nint)item * Chunk, end = Math.Min(i + Chunk, floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                var value = Vector.Load(x + i);
                var scaled = Vector.ConditionalSelect(Vector.Equals(value, Vector<float>.Zero), Vector<float>.Zero, scale * value);
                (accumulate ? Vector.Load(result + i) + scaled : scaled).Store(result + i);
            }
            for (; i < end; i++) result[i] = (x[i] == 0 ? 0 : scale * x[i]) + (accumulate ? result[i] : 0);
        }
    }

    /// <summary>An item is a row of a group. Channels that fill up the last group stay 0.</summary>
    readonly struct SpreadJob(float* vector, int channels, Place weights, Place result) : IJob
    {
        public void Execute(int item, int worker)
        {
            int group = item / result.Height, count = Math.Min(result.Lanes, channels - group * result.Lanes);
            float* w = weights.At(0, item % result.Height), to = result.At(group, item % result.Height), v = stackalloc float[Lanes];
            new Span<float>(v, Lanes).Clear();
            new Span<float>(vector + group * result.Lanes, count).CopyTo(new(v, Lanes));
            if (result.Lanes == 1)
                for (int i = 0; i < result.Width; i++) to[i] += w is null ? *v : w[i] * *v;
            else
                for (int i = 0; i < result.Width; i++, to += Lanes)
                    for (int c = 0; c < Lanes; c += Vector<float>.Count)
                        (Vector.Load(to + c) + (w is null ? Vector.Load(v + c) : w[i] * Vector.Load(v + c))).Store(to + c);
        }
    }
}
