namespace GpuStyle.Kernels;

/// <summary>The definitions with other neighbours or weights, value by value.</summary>
internal sealed unsafe partial class SimdTotalVariation
{
    /// <summary>
    /// An item is a row of a group. The gradient of a value is gathered from all pairs that it is part of; without a neighbour it is its own,
    /// from which it does not differ.
    /// </summary>
    readonly struct StencilJob(float* picture, float* gradient, nint group, nint row, int lanes, int height, int width,
        float right, float below, float diagonal, float* pairs, float weight, bool wrap, double* partials) : IJob
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
                    gradient[start + y * row + x * lanes + lane] += weight * Pairs(plane, y, x, ref sum);
                }
            partials[item] = sum;
        }

        float At(float* plane, int y, int x) => plane[y * row + (nint)x * lanes];

        float Pairs(float* plane, int y, int x, ref double sum)
        {
            float v = At(plane, y, x), slope = 0;
            int left = Index(x - 1, width), above = Index(y - 1, height);
            slope -= Slope(At(plane, y, Index(x + 1, width)) - v, right * Of(0, y, x), ref sum);
            slope -= Slope(At(plane, Index(y + 1, height), x) - v, below * Of(1, y, x), ref sum);
            double counted = 0;
            slope += Slope(v - At(plane, y, left), right * Of(0, y, left), ref counted);
            slope += Slope(v - At(plane, above, x), below * Of(1, above, x), ref counted);
            return diagonal == 0 ? slope : slope - Diagonals(plane, y, x, v, ref sum);
        }

        /// <summary>A row or column beside the picture: that of its border, or of its other side.</summary>
        int Index(int at, int length) => wrap ? (at + length) % length : Math.Clamp(at, 0, length - 1);

        float Of(int direction, int y, int x) => pairs is null ? 1 : pairs[((nint)direction * height + y) * width + x];

        static float Slope(float d, float factor, ref double sum)
        {
            sum += 0.5 * factor * d * d;
            return factor * d;
        }

        /// <summary>Wherever the value stands in the picture with its border repeated, or wrapped around, its diagonal neighbours there. A pair is met from both sides.</summary>
        float Diagonals(float* plane, int y, int x, float v, ref double sum)
        {
            float slope = 0;
            for (int j = y == 0 && !wrap ? -1 : y; j <= (y == height - 1 && !wrap ? height : y); j++)
                for (int i = x == 0 && !wrap ? -1 : x; i <= (x == width - 1 && !wrap ? width : x); i++)
                    for (int b = j - 1; b <= j + 1; b += 2)
                        for (int a = i - 1; a <= i + 1; a += 2)
                        {
                            if (!wrap && (b < -1 || b > height || a < -1 || a > width)) continue;
                            float d = At(plane, Index(b, height), Index(a, width)) - v;
                            sum += 0.25 * diagonal * d * d;
                            slope += diagonal * d;
                        }
            return slope;
        }
    }
}
