using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Total variation row by row: an item gathers what its row's pixels take part in (the pairs to the left, right, above and
/// below), so that no two items write the same value; it counts the pairs to the right and below. Sums in double precision,
/// one partial for each item (scratch), added in order. The gradient is accumulated to.
/// </summary>
internal sealed unsafe partial class SimdTotalVariation(SimdDevice device) : ITotalVariation
{
    public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs, bool wrap)
    {
        ITotalVariation.Check(kind, picture, gradient, pairs);
        var (x, g) = (picture.Simd(), gradient.Simd());
        int items = x.Groups * x.Shape.Height;
        double* partials = device.Partials(items);
        if (kind > TotalVariationKind.Absolute)
        {
            var factors = PairFactors.Of(kind, x.Shape, wrap);
            device.Run(new StencilJob(x.Pixel(0), g.Pixel(0), x.GroupFloats, x.RowFloats, x.Lanes, x.Shape.Height, x.Shape.Width, (float)factors.Right, (float)factors.Below,
                (float)factors.Diagonal, pairs is null ? null : pairs.Simd().Data, weight, wrap, partials), items);
        }
        else device.Run(new RowJob(kind, x.Pixel(0), g.Pixel(0), x.GroupFloats, x.RowFloats, x.Lanes, x.Shape.Height, x.Shape.Width, weight, wrap, partials), items);
        value.AddPartials(partials, items);
    }

    public void ForecastScratch(Shape picture, ScratchForecast forecast) =>
        SimdDevice.Forecast(forecast, Scratch.Partials, 2L * SimdTensor.GroupsOf(picture) * picture.Height);

    readonly struct RowJob(TotalVariationKind kind, float* picture, float* gradient, nint group, nint row, int lanes, int height, int width, float weight, bool wrap, double* partials) : IJob
    {
        public void Execute(int item, int worker)
        {
            int y = item % height;
            nint start = item / height * group + y * row;
            double sum = 0;
            nint x = 0, end = (nint)width * lanes;
            if (y > 0 && y + 1 < height)
            {
                for (; x < Math.Min(lanes, end); x++) Edge(start, y, x, ref sum);
                x = Inside(start, x, end - lanes, ref sum);
            }
            for (; x < end; x++) Edge(start, y, x, ref sum);
            partials[item] = sum;
        }

        /// <summary>Floats that have all four neighbours, as many vectors as fit: returns the first float left.</summary>
        nint Inside(nint start, nint from, nint to, ref double sum)
        {
            var total = Vector<double>.Zero;
            var half = new Vector<double>(kind == TotalVariationKind.Absolute ? 1 : 0.5);
            for (; from <= to - Vector<float>.Count; from += Vector<float>.Count)
            {
                float* p = picture + start + from;
                var here = Vector.Load(p);
                Vector<float> right = Vector.Load(p + lanes) - here, below = Vector.Load(p + row) - here, left = here - Vector.Load(p - lanes), above = here - Vector.Load(p - row);
                Vector.Widen(right, out var right0, out var right1);
                Vector.Widen(below, out var below0, out var below1);
                Vector<float> slope;
                if (kind == TotalVariationKind.Absolute)
                {
                    slope = Sign(left) + Sign(above) - Sign(right) - Sign(below);
                    total += Vector.Abs(right0) + Vector.Abs(right1) + Vector.Abs(below0) + Vector.Abs(below1);
                }
                else
                {
                    slope = left + above - right - below;
                    total += right0 * right0 + right1 * right1 + below0 * below0 + below1 * below1;
                }
                float* g = gradient + start + from;
                (Vector.Load(g) + weight * slope).Store(g);
            }
            sum += Vector.Sum(total * half);
            return from;
        }

        static Vector<float> Sign(Vector<float> d)
        {
            var one = Vector<float>.One;
            return (one & Vector.GreaterThan(d, Vector<float>.Zero).As<int, float>()) - (one & Vector.LessThan(d, Vector<float>.Zero).As<int, float>());
        }

        /// <summary>One float, whatever neighbours it has.</summary>
        void Edge(nint start, int y, nint x, ref double sum)
        {
            // NeuralStyle leaves out the last column's vertical pairs and the last row's horizontal ones.
            nint last = (nint)(width - 1) * lanes, lastRow = (height - 1) * row;
            bool corner = kind == TotalVariationKind.NeuralStyle && !wrap, horizontal = !corner || y + 1 < height, vertical = !corner || x < last;
            float* p = picture + start + x;
            float slope = 0;
            double counted = 0;
            if (horizontal)
            {
                slope -= Slope(p[Next(x, lanes, last)] - *p, ref sum);
                slope += Slope(*p - p[-Previous(x, lanes, last)], ref counted);
            }
            if (vertical)
            {
                slope -= Slope(p[Next(y * row, row, lastRow)] - *p, ref sum);
                slope += Slope(*p - p[-Previous(y * row, row, lastRow)], ref counted);
            }
            gradient[start + x] += weight * slope;
        }

        /// <summary>Floats from a place to the next one; a value without a neighbour is its own, from which it does not differ.</summary>
        nint Next(nint at, nint step, nint last) => at < last ? step : wrap ? -last : 0;

        /// <summary>Floats from the place before to a place.</summary>
        nint Previous(nint at, nint step, nint last) => at >= step ? step : wrap ? -last : 0;

        float Slope(float d, ref double sum)
        {
            if (kind == TotalVariationKind.Absolute)
            {
                sum += Math.Abs((double)d);
                return d > 0 ? 1 : d < 0 ? -1 : 0; // Math.Sign throws where d is no number
            }
            sum += (double)d * d / 2;
            return d;
        }
    }
}
