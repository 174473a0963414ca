namespace GpuStyle.Kernels;

/// <summary>
/// Total variation row by row: an item gathers what its row's pixels take part in (the pairs to the left, right, above and
/// below), so that no two items write the same value; it counts the pairs to the right and below. Sums in double precision,
/// one partial for each item (scratch), added in order. The gradient is accumulated to.
/// </summary>
internal sealed unsafe class SimdTotalVariation(SimdDevice device) : ITotalVariation
{
    public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight)
    {
        var (x, g) = (picture.Simd(), gradient.Simd());
        if (x.Shape != g.Shape) throw new ArgumentException($"The total variation of {x.Shape} has no gradient of shape {g.Shape}.", nameof(gradient));
        int items = x.Groups * x.Shape.Height;
        double* partials = device.Partials(items);
        device.Run(new RowJob(kind, x.Pixel(0), g.Pixel(0), x.GroupFloats, x.RowFloats, x.Lanes, x.Shape.Height, x.Shape.Width, weight, partials), items);
        value.AddPartials(partials, items);
    }

    readonly struct RowJob(TotalVariationKind kind, float* picture, float* gradient, nint group, nint row, int lanes, int height, int width, float weight, double* partials) : IJob
    {
        public void Execute(int item, int worker)
        {
            int y = item % height;
            nint start = item / height * group + y * row;
            // NeuralStyle leaves out the last column's vertical pairs and the last row's horizontal ones.
            bool corner = kind == TotalVariationKind.NeuralStyle;
            int verticalWidth = corner ? width - 1 : width;
            bool horizontal = !corner || y + 1 < height;
            double sum = 0;
            for (int x = 0; x < width; x++)
                for (int lane = 0; lane < lanes; lane++)
                {
                    float* p = picture + start + (nint)x * lanes + lane;
                    float slope = 0;
                    if (horizontal && x + 1 < width) slope -= Slope(p[lanes] - *p, ref sum);
                    if (y + 1 < height && x < verticalWidth) slope -= Slope(p[row] - *p, ref sum);
                    double counted = 0;
                    if (horizontal && x > 0) slope += Slope(*p - p[-lanes], ref counted);
                    if (y > 0 && x < verticalWidth) slope += Slope(*p - p[-row], ref counted);
                    gradient[start + (nint)x * lanes + lane] += weight * slope;
                }
            partials[item] = sum;
        }

        float Slope(float d, ref double sum)
        {
            if (kind == TotalVariationKind.Absolute)
            {
                sum += Math.Abs((double)d);
                return Math.Sign(d);
            }
            sum += (double)d * d / 2;
            return d;
        }
    }
}
