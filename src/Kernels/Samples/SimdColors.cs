using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Colors of the SIMD engine and their nearest neighbors (<see cref="ISamples.NearestColors"/>): the others lie plane by plane, their three
/// numbers and the three of their direction, a vector of them at a time.
/// </summary>
internal static unsafe class SimdColors
{
    /// <summary>Colors of an item.</summary>
    public const int Colors = 32;

    /// <summary>So far from every color, 0..1, that it is no neighbor.</summary>
    const float Nowhere = 1e3f;

    /// <summary>Colors with those that fill up the last vector.</summary>
    public static int Padded(int count) => (count + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;

    /// <summary>Scratch for so many colors.</summary>
    public static long Floats(int count) => 6L * Padded(count);

    /// <summary>Rows of three into planes.</summary>
    public static void ToPlanes(float* colors, int count, float* planes, int pitch)
    {
        for (int i = 0; i < 3; i++) new Span<float>(planes + i * pitch, pitch).Fill(Nowhere);
        for (int i = 3; i < 6; i++) new Span<float>(planes + i * pitch, pitch).Clear();
        for (int q = 0; q < count; q++)
        {
            float divisor = Math.Max(Length(colors + 3 * q), ISamples.LeastColor);
            for (int i = 0; i < 3; i++)
            {
                float value = colors[3 * q + i];
                (planes[i * pitch + q], planes[(3 + i) * pitch + q]) = (value, value / divisor);
            }
        }
    }

    /// <summary>An item is thirty-two colors.</summary>
    public readonly struct NearestJob(float* colors, int count, float* planes, int pitch, float* nearest) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int p = item * Colors; p < Math.Min(count, (item + 1) * Colors); p++) nearest[p] = Nearest(colors + 3 * p);
        }

        float Nearest(float* color)
        {
            float divisor = Math.Max(Length(color), ISamples.LeastColor);
            Vector<float> r = new(color[0]), g = new(color[1]), b = new(color[2]), least = new(ISamples.LeastSquares), third = new(1 / 3f);
            Vector<float> alongR = r / divisor, alongG = g / divisor, alongB = b / divisor, best = new(float.PositiveInfinity),
                number = Vector<float>.Zero;
            for (int q = 0; q < pitch; q += Vector<float>.Count)
            {
                float* at = planes + q;
                Vector<float> x = r - Vector.Load(at), y = g - Vector.Load(at + pitch), z = b - Vector.Load(at + 2 * pitch);
                float* along = at + 3 * pitch;
                var cosine = alongR * Vector.Load(along) + alongG * Vector.Load(along + pitch) + alongB * Vector.Load(along + 2 * pitch);
                var distance = Vector.SquareRoot(Vector.Max(x * x + y * y + z * z, least) * third) - cosine;
                var less = Vector.LessThan(distance, best);
                best = Vector.ConditionalSelect(less, distance, best);
                number = Vector.ConditionalSelect(less, Vector<float>.Indices + new Vector<float>(q), number);
            }
            int lowest = 0;
            for (int lane = 1; lane < Vector<float>.Count; lane++)
                if (best[lane] < best[lowest] || (best[lane] == best[lowest] && number[lane] < number[lowest])) lowest = lane;
            return number[lowest];
        }
    }

    /// <summary>The sum of the distances of partners; factor times their gradient is added.</summary>
    public static double Pull(float* colors, float* others, float* nearest, int count, bool ofOthers, double factor, float* gradient)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            int partner = (int)nearest[i], p = ofOthers ? partner : i, q = ofOthers ? i : partner;
            sum += Distance(colors + 3 * p, others + 3 * q, factor, gradient + 3 * p);
        }
        return sum;
    }

    static double Distance(float* a, float* b, double factor, float* gradient)
    {
        double own = Length(a), length = Math.Max(own, ISamples.LeastColor), other = Math.Max(Length(b), ISamples.LeastColor), squares = 0,
            product = 0;
        for (int i = 0; i < 3; i++)
        {
            double apart = (double)a[i] - b[i];
            squares += apart * apart;
            product += (double)a[i] * b[i];
        }
        double cosine = product / (length * other), root = Math.Sqrt(Math.Max(squares, ISamples.LeastSquares) / 3);
        for (int i = 0; i < 3; i++)
        {
            double along = own > ISamples.LeastColor ? cosine * a[i] / length : 0;
            double apart = squares > ISamples.LeastSquares ? ((double)a[i] - b[i]) / (3 * root) : 0;
            gradient[i] += (float)(factor * (apart - (b[i] / other - along) / length));
        }
        return 1 - cosine + root;
    }

    static float Length(float* color) =>
        (float)Math.Sqrt((double)color[0] * color[0] + (double)color[1] * color[1] + (double)color[2] * color[2]);
}
