using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Row by row: the rows above each other are summed with vectors into a line of the worker's own, with zeros or its other side on both sides, then the line is filtered along. For
/// planar pictures.
/// </summary>
internal sealed unsafe class SimdSmoothing(SimdDevice device) : ISmoothing
{
    /// <summary>Floats on each side of a line.</summary>
    const int Margin = 2;

    public void Halve(Tensor fine, Tensor coarse, bool wrap)
    {
        ISmoothing.Check(fine, coarse);
        var (from, to) = (fine.Simd(), coarse.Simd());
        device.Run(new HalveJob(from.Data, from.Shape.Height, from.Shape.Width, to.Data, to.Shape.Height, to.Shape.Width, Lines(from.Shape.Width, out int pitch), pitch, ISmoothing.Wraps(fine.Shape, wrap)), to.Groups * to.Shape.Height);
    }

    public void Spread(Tensor coarse, float weight, Tensor fine, bool wrap)
    {
        ISmoothing.Check(fine, coarse);
        var (from, to) = (coarse.Simd(), fine.Simd());
        device.Run(new SpreadJob(from.Data, from.Shape.Height, from.Shape.Width, to.Data, to.Shape.Height, to.Shape.Width, weight / 16, Lines(from.Shape.Width, out int pitch), pitch, ISmoothing.Wraps(fine.Shape, wrap)), to.Groups * to.Shape.Height);
    }

    public void MixChannels(Tensor picture, Tensor matrices, int number, Tensor mixed)
    {
        ISmoothing.Check(picture, matrices, number, mixed);
        var (x, y) = (picture.Simd(), mixed.Simd());
        device.Run(new MixJob(x.Data, x.Shape.Width, x.GroupFloats, matrices.Simd().Pixel(0) + 9 * number, y.Data), x.Shape.Height);
    }

    public void SumProducts(Tensor picture, Scalars sums, int first)
    {
        ISmoothing.Check(picture);
        var x = picture.Simd();
        int rows = x.Shape.Height;
        double* partials = device.Partials((long)ProductsJob.Sums * rows);
        device.Run(new ProductsJob(x.Data, x.Shape.Width, x.GroupFloats, partials, rows), rows);
        for (int i = 0; i < ProductsJob.Sums; i++) new ScalarSlot(sums, first + i).AddPartials(partials + i * rows, rows);
    }

    public void ForecastScratch(Shape picture, bool products, ScratchForecast forecast)
    {
        if (products) SimdDevice.Forecast(forecast, Scratch.Partials, 2L * ProductsJob.Sums * picture.Height);
        else SimdDevice.Forecast(forecast, Scratch.Picture, (long)device.Threads * Pitch(picture.Width));
    }

    static int Pitch(int width) => (width + 2 * Margin + 31) / 16 * 16;

    /// <summary>A line for each worker, a few floats longer than the width and the margins, so that lines share no cache line.</summary>
    float* Lines(int width, out int pitch)
    {
        pitch = Pitch(width);
        return device.Temporary(Scratch.Picture, (long)device.Threads * pitch);
    }

    /// <summary>An item is a row of the coarse picture.</summary>
    readonly struct HalveJob(float* fine, int fineHeight, int fineWidth, float* coarse, int height, int width, float* lines, int pitch, (bool Rows, bool Columns) wraps) : IJob
    {
        public void Execute(int item, int worker)
        {
            int plane = item / height, y = item % height;
            float* line = lines + (nint)worker * pitch;
            new Span<float>(line, pitch).Clear();
            for (int i = 2 * y - 1; i <= 2 * y + 2; i++)
            {
                int row = wraps.Rows ? i.Modulo(fineHeight) : i;
                if ((uint)row < (uint)fineHeight)
                    Add(i == 2 * y - 1 || i == 2 * y + 2 ? 1 : 3, fine + ((nint)plane * fineHeight + row) * fineWidth, line + Margin, fineWidth);
            }
            if (wraps.Columns) Wrap(line + Margin, fineWidth);
            float* to = coarse + (nint)item * width, at = line + Margin;
            int x = 0;
            for (; x <= width - Vector<float>.Count; x += Vector<float>.Count, at += 2 * Vector<float>.Count)
            {
                var (a, b) = Pairs(at - 1);
                var (c, d) = Pairs(at + 1);
                ((a + 3 * (b + c) + d) / 64).Store(to + x);
            }
            for (; x < width; x++, at += 2) to[x] = (at[-1] + 3 * (at[0] + at[1]) + at[2]) / 64;
        }

        /// <summary>The first and the second of each pair of floats.</summary>
        static (Vector<float> First, Vector<float> Second) Pairs(float* at)
        {
            Vector<ulong> low = Vector.Load((ulong*)at), high = Vector.Load((ulong*)(at + Vector<float>.Count));
            return (Vector.AsVectorSingle(Vector.Narrow(low, high)), Vector.AsVectorSingle(Vector.Narrow(low >> 32, high >> 32)));
        }
    }

    /// <summary>An item is a row of the fine picture: two rows of the coarse one, the nearer with 3.</summary>
    readonly struct SpreadJob(float* coarse, int coarseHeight, int coarseWidth, float* fine, int height, int width, float weight, float* lines, int pitch, (bool Rows, bool Columns) wraps) : IJob
    {
        public void Execute(int item, int worker)
        {
            int plane = item / height, y = item % height, near = y / 2, far = y % 2 == 0 ? near - 1 : near + 1;
            float* line = lines + (nint)worker * pitch, source = coarse + (nint)plane * coarseHeight * coarseWidth;
            new Span<float>(line, pitch).Clear();
            Add(3 * weight, source + (nint)near * coarseWidth, line + Margin, coarseWidth);
            if (wraps.Rows) far = far.Modulo(coarseHeight);
            if ((uint)far < (uint)coarseHeight) Add(weight, source + (nint)far * coarseWidth, line + Margin, coarseWidth);
            if (wraps.Columns) Wrap(line + Margin, coarseWidth);
            float* to = fine + (nint)item * width, at = line + Margin;
            int x = 0, size = Vector<float>.Count;
            for (; x <= width - 2 * size; x += 2 * size, at += size)
            {
                var middle = 3 * Vector.Load(at);
                Vector.Widen(Vector.AsVectorUInt32(middle + Vector.Load(at - 1)), out var low, out var high);
                Vector.Widen(Vector.AsVectorUInt32(middle + Vector.Load(at + 1)), out var low2, out var high2);
                (Vector.Load(to + x) + Vector.AsVectorSingle(low | (low2 << 32))).Store(to + x);
                (Vector.Load(to + x + size) + Vector.AsVectorSingle(high | (high2 << 32))).Store(to + x + size);
            }
            for (; x < width - 1; x += 2, at++)
            {
                to[x] += 3 * at[0] + at[-1];
                to[x + 1] += 3 * at[0] + at[1];
            }
            if (x < width) to[x] += 3 * at[0] + at[-1];
        }
    }

    /// <summary>An item is a row of all three planes.</summary>
    readonly struct MixJob(float* picture, int width, nint plane, float* matrix, float* mixed) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* red = picture + (nint)item * width, green = red + plane, blue = green + plane;
            float* first = mixed + (nint)item * width, second = first + plane, third = second + plane;
            int x = 0;
            for (; x <= width - Vector<float>.Count; x += Vector<float>.Count)
            {
                Vector<float> r = Vector.Load(red + x), g = Vector.Load(green + x), b = Vector.Load(blue + x);
                (matrix[0] * r + matrix[1] * g + matrix[2] * b).Store(first + x);
                (matrix[3] * r + matrix[4] * g + matrix[5] * b).Store(second + x);
                (matrix[6] * r + matrix[7] * g + matrix[8] * b).Store(third + x);
            }
            for (; x < width; x++)
            {
                float r = red[x], g = green[x], b = blue[x];
                first[x] = matrix[0] * r + matrix[1] * g + matrix[2] * b;
                second[x] = matrix[3] * r + matrix[4] * g + matrix[5] * b;
                third[x] = matrix[6] * r + matrix[7] * g + matrix[8] * b;
            }
        }
    }

    /// <summary>An item is a row of all three planes.</summary>
    readonly struct ProductsJob(float* picture, int width, nint plane, double* partials, int rows) : IJob
    {
        public const int Sums = 6;

        public void Execute(int item, int worker)
        {
            float* red = picture + (nint)item * width, green = red + plane, blue = green + plane;
            Vector<double> rr = default, gg = default, bb = default, rg = default, rb = default, gb = default;
            int x = 0;
            for (; x <= width - Vector<float>.Count; x += Vector<float>.Count)
            {
                Vector.Widen(Vector.Load(red + x), out var r, out var r2);
                Vector.Widen(Vector.Load(green + x), out var g, out var g2);
                Vector.Widen(Vector.Load(blue + x), out var b, out var b2);
                rr += r * r + r2 * r2;
                gg += g * g + g2 * g2;
                bb += b * b + b2 * b2;
                rg += r * g + r2 * g2;
                rb += r * b + r2 * b2;
                gb += g * b + g2 * b2;
            }
            Span<double> sums = [Vector.Sum(rr), Vector.Sum(gg), Vector.Sum(bb), Vector.Sum(rg), Vector.Sum(rb), Vector.Sum(gb)];
            for (; x < width; x++)
            {
                double r = red[x], g = green[x], b = blue[x];
                sums[0] += r * r;
                sums[1] += g * g;
                sums[2] += b * b;
                sums[3] += r * g;
                sums[4] += r * b;
                sums[5] += g * b;
            }
            for (int i = 0; i < Sums; i++) partials[i * rows + item] = sums[i];
        }
    }

    /// <summary>What a line has beside it on either side: its other one.</summary>
    static void Wrap(float* line, int width)
    {
        line[-1] = line[width - 1];
        line[width] = line[0];
    }

    /// <summary>line += factor row.</summary>
    static void Add(float factor, float* row, float* line, int width)
    {
        int x = 0;
        for (; x <= width - Vector<float>.Count; x += Vector<float>.Count) (Vector.Load(line + x) + factor * Vector.Load(row + x)).Store(line + x);
        for (; x < width; x++) line[x] += factor * row[x];
    }
}
