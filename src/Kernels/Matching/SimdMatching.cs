using static GpuStyle.Kernels.SimdRows;

namespace GpuStyle.Kernels;

/// <summary>Samples of the SIMD engine, row by row without padding: how they are taken, put back and centered.</summary>
internal sealed unsafe partial class SimdMatching<TVector>(SimdDevice device) : IMatching
    where TVector : struct, ISimd<TVector>
{
    const int Lanes = SimdTensor.BlockChannels, RowsPerChunk = 64;

    public void Gather(Tensor features, SampleMap map, Tensor samples, int column, bool accumulate)
    {
        IMatching.Check(features, map, samples, column);
        int points = map.Rows.Shape.Height;
        var job = new GatherJob(Places.Of(features), map.Rows.Simd().Data, map.Taps.Simd().Data, points, samples.Simd().Data + column, samples.Shape.Width, accumulate);
        device.Run(job, Chunks(points));
    }

    public void Scatter(Tensor samples, int column, SampleMap map, Tensor features)
    {
        IMatching.Check(features, map, samples, column);
        int pixels = map.Pixels.Shape.Height;
        var job = new ScatterJob(Places.Of(features), map.Pixels.Simd().Data, map.Shares.Simd().Data, pixels, samples.Simd().Data + column, samples.Shape.Width);
        device.Run(job, Chunks(pixels));
    }

    public void Center(Tensor samples, Tensor lengths)
    {
        IMatching.CheckCenter(samples, lengths);
        var (_, count, length) = samples.Shape;
        float* x = samples.Simd().Data, mean = MeanRow(x, count, length);
        double squares = 0;
        for (int i = 0; i < length; i++) squares += (double)mean[i] * mean[i];
        float least = Math.Max((float)(IMatching.LeastLength * Math.Sqrt(squares)), IMatching.Tiny);
        device.Run(new CenterJob(x, mean, least, lengths.Simd().Data, count, length), Chunks(count));
    }

    public void CenterGradient(Tensor centered, Tensor lengths, Tensor gradient)
    {
        NormalizeGradient(centered, lengths, gradient);
        var (_, count, length) = centered.Shape;
        float* g = gradient.Simd().Data;
        device.Run(new SubtractJob(g, MeanRow(g, count, length), count, length), Chunks(count));
    }

    public void Normalize(Tensor samples, Tensor lengths)
    {
        IMatching.CheckCenter(samples, lengths);
        var (_, count, length) = samples.Shape;
        device.Run(new CenterJob(samples.Simd().Data, null, IMatching.LeastNorm, lengths.Simd().Data, count, length), Chunks(count));
    }

    public void NormalizeGradient(Tensor normalized, Tensor lengths, Tensor gradient)
    {
        IMatching.CheckCenter(normalized, lengths, gradient);
        var (_, count, length) = normalized.Shape;
        device.Run(new ProjectJob(normalized.Simd().Data, lengths.Simd().Data, gradient.Simd().Data, count, length), Chunks(count));
    }

    static int Chunks(int rows) => (rows + RowsPerChunk - 1) / RowsPerChunk;

    static long MeanScratch(int count, int length) => (long)length * Chunks(count) + (length + 1) / 2;

    /// <summary>The mean of all rows, behind the chunks' sums.</summary>
    float* MeanRow(float* x, int count, int length)
    {
        int chunks = Chunks(count);
        double* sums = device.Partials(MeanScratch(count, length));
        device.Run(new SumJob(x, sums, count, length), chunks);
        float* mean = (float*)(sums + (nint)length * chunks);
        for (int i = 0; i < length; i++)
        {
            double sum = 0;
            for (int chunk = 0; chunk < chunks; chunk++) sum += sums[(nint)chunk * length + i];
            mean[i] = (float)(sum / count);
        }
        return mean;
    }

    /// <summary>A feature map's memory.</summary>
    readonly record struct Places(nint First, nint Group, nint Row, int Lanes, int Channels)
    {
        public static Places Of(Tensor features)
        {
            var t = features.Simd();
            return new((nint)t.Pixel(0), t.GroupFloats, t.RowFloats, t.Lanes, t.Shape.Channels);
        }

        /// <summary>The channels from a multiple of the lanes on.</summary>
        public float* At(int channel, int y, int x) => (float*)First + channel / Lanes * Group + y * Row + (nint)x * Lanes;
    }

    /// <summary>An item is a chunk of points.</summary>
    readonly struct GatherJob(Places features, float* rows, float* taps, int count, float* samples, int pitch, bool accumulate) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int r = item * RowsPerChunk; r < Math.Min(count, (item + 1) * RowsPerChunk); r++)
            {
                float* row = rows + r * SampleMap.RowFields, to = samples + (nint)row[0] * pitch;
                if (!accumulate) new Span<float>(to, features.Channels).Clear();
                for (float* tap = taps + (nint)row[1] * SampleMap.TapFields, end = tap + (nint)row[2] * SampleMap.TapFields; tap < end; tap += SampleMap.TapFields)
                    for (int c = 0; c < features.Channels; c += features.Lanes)
                        AddScaled(features.At(c, (int)tap[0], (int)tap[1]), tap[2], to + c, Math.Min(features.Lanes, features.Channels - c));
            }
        }
    }

    /// <summary>An item is a chunk of positions.</summary>
    readonly struct ScatterJob(Places features, float* pixels, float* shares, int count, float* samples, int pitch) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int i = item * RowsPerChunk; i < Math.Min(count, (item + 1) * RowsPerChunk); i++)
            {
                float* pixel = pixels + i * SampleMap.PixelFields;
                for (float* share = shares + (nint)pixel[2] * SampleMap.ShareFields, end = share + (nint)pixel[3] * SampleMap.ShareFields; share < end; share += SampleMap.ShareFields)
                    for (int c = 0; c < features.Channels; c += features.Lanes)
                        AddScaled(samples + (nint)share[0] * pitch + c, share[1], features.At(c, (int)pixel[0], (int)pixel[1]), Math.Min(features.Lanes, features.Channels - c));
            }
        }
    }

    /// <summary>An item is a chunk of rows, whose sum it makes.</summary>
    readonly struct SumJob(float* x, double* sums, int count, int length) : IJob
    {
        public void Execute(int item, int worker)
        {
            double* to = sums + (nint)item * length;
            new Span<double>(to, length).Clear();
            for (int p = item * RowsPerChunk; p < Math.Min(count, (item + 1) * RowsPerChunk); p++)
            {
                float* row = x + (nint)p * length;
                for (int i = 0; i < length; i++) to[i] += row[i];
            }
        }
    }

    /// <summary>An item is a chunk of rows. There may be no mean.</summary>
    readonly struct CenterJob(float* x, float* mean, float least, float* lengths, int count, int length) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int p = item * RowsPerChunk; p < Math.Min(count, (item + 1) * RowsPerChunk); p++)
            {
                float* row = x + (nint)p * length;
                if (mean != null) AddScaled(mean, -1, row, length);
                float own = (float)Math.Sqrt(Product(row, row, length)), divisor = Math.Max(own, least);
                (lengths[p], lengths[count + p]) = (divisor, own > least ? 1 : 0);
                for (int i = 0; i < length; i++) row[i] /= divisor;
            }
        }
    }

    /// <summary>An item is a chunk of rows.</summary>
    readonly struct ProjectJob(float* z, float* lengths, float* gradient, int count, int length) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int p = item * RowsPerChunk; p < Math.Min(count, (item + 1) * RowsPerChunk); p++)
            {
                float* row = z + (nint)p * length, g = gradient + (nint)p * length;
                AddScaled(row, -lengths[count + p] * (float)Product(g, row, length), g, length);
                for (int i = 0; i < length; i++) g[i] /= lengths[p];
            }
        }
    }

    /// <summary>An item is a chunk of rows.</summary>
    readonly struct SubtractJob(float* x, float* mean, int count, int length) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int p = item * RowsPerChunk; p < Math.Min(count, (item + 1) * RowsPerChunk); p++) AddScaled(mean, -1, x + (nint)p * length, length);
        }
    }
}
