namespace GpuStyle.Kernels;

/// <summary>The definitions with other neighbours, powers or weights, value by value.</summary>
internal sealed unsafe partial class SimdTotalVariation
{
    /// <summary>An item is a row of a group. The gradient of a value is gathered from all pairs that it is part of.</summary>
    readonly struct StencilJob(bool power, float* picture, float* gradient, nint group, nint row, int lanes, int height, int width,
        float right, float below, float diagonal, float* pairs, float weight, double* partials) : IJob
    {
        public void Execute(int item, int worker)
        {
            int y = item % height;
            nint start = item / height * group;
            double sum = 0;
            for (int x = 0; x < width; x++)
                for (int lane = 0; lane < lanes; lane++)
                {
                    float* plane = picture + start + lane;
                    gradient[start + y * row + x * lanes + lane] += weight * (power ? Power(plane, y, x, ref sum) : Pairs(plane, y, x, ref sum));
                }
            partials[item] = sum;
        }

        float At(float* plane, int y, int x) => plane[y * row + (nint)x * lanes];

        float Pairs(float* plane, int y, int x, ref double sum)
        {
            float v = At(plane, y, x), slope = 0;
            nint at = (nint)y * width + x, lower = (nint)height * width + at;
            if (x + 1 < width) slope -= Slope(At(plane, y, x + 1) - v, right * Of(at), ref sum);
            if (y + 1 < height) slope -= Slope(At(plane, y + 1, x) - v, below * Of(lower), ref sum);
            double counted = 0;
            if (x > 0) slope += Slope(v - At(plane, y, x - 1), right * Of(at - 1), ref counted);
            if (y > 0) slope += Slope(v - At(plane, y - 1, x), below * Of(lower - width), ref counted);
            return diagonal == 0 ? slope : slope - Diagonals(plane, y, x, v, ref sum);
        }

        float Of(nint pair) => pairs is null ? 1 : pairs[pair];

        static float Slope(float d, float factor, ref double sum)
        {
            sum += 0.5 * factor * d * d;
            return factor * d;
        }

        /// <summary>Wherever the value stands in the picture with its border repeated, its diagonal neighbours there. A pair is met from both sides.</summary>
        float Diagonals(float* plane, int y, int x, float v, ref double sum)
        {
            float slope = 0;
            for (int j = y == 0 ? -1 : y; j <= (y == height - 1 ? height : y); j++)
                for (int i = x == 0 ? -1 : x; i <= (x == width - 1 ? width : x); i++)
                    for (int b = j - 1; b <= j + 1; b += 2)
                        for (int a = i - 1; a <= i + 1; a += 2)
                        {
                            if (b < -1 || b > height || a < -1 || a > width) continue;
                            float d = At(plane, Math.Clamp(b, 0, height - 1), Math.Clamp(a, 0, width - 1)) - v;
                            sum += 0.25 * diagonal * d * d;
                            slope += diagonal * d;
                        }
            return slope;
        }

        float Power(float* plane, int y, int x, ref double sum)
        {
            float slope = 0;
            bool inner = x + 1 < width, upper = y + 1 < height;
            if (inner && upper)
            {
                var (dx, dy, root, square) = Corner(plane, y, x);
                sum += (double)square * root;
                slope -= 2.5f * root * (dx + dy);
            }
            if (x > 0 && upper)
            {
                var (dx, _, root, _) = Corner(plane, y, x - 1);
                slope += 2.5f * root * dx;
            }
            if (y > 0 && inner)
            {
                var (_, dy, root, _) = Corner(plane, y - 1, x);
                slope += 2.5f * root * dy;
            }
            return slope;
        }

        /// <summary>Differences to the right and down, the fourth root of the sum of their squares, and that sum.</summary>
        (float Right, float Below, float Root, float Square) Corner(float* plane, int y, int x)
        {
            float v = At(plane, y, x), dx = At(plane, y, x + 1) - v, dy = At(plane, y + 1, x) - v, square = dx * dx + dy * dy;
            return (dx, dy, MathF.Sqrt(MathF.Sqrt(square)), square);
        }
    }
}
