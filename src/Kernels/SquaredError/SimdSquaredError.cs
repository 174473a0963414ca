using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Squared error in one pass over memory: over a whole tensor in flat chunks, border included (all of it 0), over a part row
/// by row. Each item has a double-precision sum of its own (scratch); they are added in order.
/// </summary>
internal sealed unsafe class SimdSquaredError(SimdDevice device) : ISquaredError
{
    const int ChunkFloats = 1 << 13;

    public void Evaluate(Tensor x, double scale, Tensor target, Region region, ScalarSlot value, Tensor? gradient, double gradientScale, bool accumulate)
    {
        ISquaredError.Check(x, target, region, gradient);
        var (t, of) = (x.Simd(), target.Simd());
        bool whole = region.Covers(x.Shape);
        int items = Items(x.Shape, whole);
        double* partials = device.Partials(items);
        int top = region.Top + t.Border, left = (region.Left + t.Border) * t.Lanes;
        device.Run(new ErrorJob(t.Data, whole ? of.Data : of.Pixel(0), whole ? ChunkFloats : of.GroupFloats, of.RowFloats, gradient is null ? null : gradient.Simd().Data, (float)scale, (float)gradientScale, accumulate, partials,
            whole ? ChunkFloats : t.RowFloats, t.Floats, whole ? 1 : t.Rows, whole ? 0 : top, whole ? 1 : top + region.Height,
            whole ? 0 : left, whole ? ChunkFloats : left + (nint)region.Width * t.Lanes), items);
        value.AddPartials(partials, items);
    }

    public void ForecastScratch(Shape x, Region region, ScratchForecast forecast) =>
        SimdDevice.Forecast(forecast, Scratch.Partials, 2L * Items(x, region.Covers(x)));

    /// <summary>Chunks of a whole tensor, or rows with those of the border.</summary>
    static int Items(Shape x, bool whole)
    {
        var layout = SimdTensor.LayoutOf(x);
        if (whole) return SimdVectors.Chunks((nint)SimdTensor.FloatsFor(x, layout), ChunkFloats);
        return SimdTensor.GroupsOf(x) * (x.Height + (layout == SimdLayout.Blocked ? 2 : 0));
    }

    /// <summary>An item is one row; of each plane's rows those from top to bottom count, and of them the floats from left to right. The target has no others.</summary>
    readonly struct ErrorJob(float* x, float* target, nint targetGroup, nint targetRow, float* gradient, float scale, float gradientScale, bool accumulate, double* partials,
        nint rowFloats, nint floats, int rows, int top, int bottom, nint left, nint right) : IJob
    {
        public void Execute(int item, int worker)
        {
            nint start = item * rowFloats, end = Math.Min(rowFloats, floats - start);
            bool inside = item % rows >= top && item % rows < bottom;
            nint from = inside ? left : end, to = inside ? Math.Min(right, end) : end;
            if (gradient is not null && !accumulate)
            {
                new Span<float>(gradient + start, (int)from).Clear();
                new Span<float>(gradient + start + to, (int)(end - to)).Clear();
            }
            float* here = inside ? target + item / rows * targetGroup + (item % rows - top) * targetRow : target;
            partials[item] = gradient is null ? Value(x + start + from, here, to - from) : ValueAndGradient(x + start + from, here, gradient + start + from, to - from);
        }

        double Value(float* a, float* b, nint count)
        {
            var sum = Vector<double>.Zero;
            nint i = 0;
            for (var s = new Vector<float>(scale); i <= count - Vector<float>.Count; i += Vector<float>.Count)
                sum = AddSquares(sum, Vector.MultiplyAddEstimate(s, Vector.Load(a + i), -Vector.Load(b + i)));
            double rest = 0;
            for (; i < count; i++) rest += Square(scale * a[i] - b[i]);
            return Vector.Sum(sum) + rest;
        }

        double ValueAndGradient(float* a, float* b, float* g, nint count)
        {
            Vector<double> sum = Vector<double>.Zero;
            Vector<float> s = new(scale), slope = new(gradientScale);
            nint i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                var e = Vector.MultiplyAddEstimate(s, Vector.Load(a + i), -Vector.Load(b + i));
                sum = AddSquares(sum, e);
                (accumulate ? Vector.MultiplyAddEstimate(slope, e, Vector.Load(g + i)) : slope * e).Store(g + i);
            }
            double rest = 0;
            for (; i < count; i++)
            {
                float e = scale * a[i] - b[i];
                rest += Square(e);
                g[i] = gradientScale * e + (accumulate ? g[i] : 0);
            }
            return Vector.Sum(sum) + rest;
        }

        static double Square(double e) => e * e;

        static Vector<double> AddSquares(Vector<double> sum, Vector<float> e)
        {
            Vector.Widen(e, out var low, out var high);
            return Vector.MultiplyAddEstimate(high, high, Vector.MultiplyAddEstimate(low, low, sum));
        }
    }
}
