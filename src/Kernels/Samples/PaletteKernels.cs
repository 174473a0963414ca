using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>Kernels on colors, rows of three numbers; formulas in <see cref="ISamples.NearestColors"/>.</summary>
internal static class PaletteKernels
{
    internal struct Parameters
    {
        /// <summary>Colors, and the others.</summary>
        public int Count, Others;

        /// <summary>Whether the numbers are those of colors for each of the others.</summary>
        public int OfOthers;
        public float LeastColor, LeastSquares, Factor;
    }

    struct Color
    {
        public float R, G, B, Length;
    }

    /// <summary>One thread a color, past all the others.</summary>
    internal static void Nearest(ArrayView<float> colors, ArrayView<float> others, ArrayView<float> nearest, Parameters p)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= p.Count) return;
        Color a = At(colors, i);
        float least = float.PositiveInfinity, number = 0;
        for (int q = 0; q < p.Others; q++)
        {
            Color b = At(others, q);
            float distance = MathF.Sqrt(Math.Max(Squares(a, b), p.LeastSquares) / 3) - Cosine(a, b, p.LeastColor);
            if (distance < least)
            {
                least = distance;
                number = q;
            }
        }
        nearest[i] = number;
    }

    /// <summary>
    /// A thread has every so many colors, and with each its partner or, of the others, those whose partner it is, in their order. First
    /// stage of the sum of the distances (<see cref="IlgpuSums"/>).
    /// </summary>
    internal static void Pull(ArrayView<float> colors, ArrayView<float> others, ArrayView<float> nearest, ArrayView<float> gradient,
        ArrayView<double> parts, Parameters p)
    {
        double sum = 0;
        for (int i = Grid.IdxX * IlgpuSums.GroupSize + Group.IdxX; i < p.Count; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            Color a = At(colors, i), g = default;
            int q = p.OfOthers != 0 ? 0 : (int)nearest[i], end = p.OfOthers != 0 ? p.Others : q + 1;
            for (; q < end; q++)
                if (p.OfOthers == 0 || nearest[q] == i) sum += Add(ref g, a, At(others, q), p);
            gradient[3 * i] += p.Factor * g.R;
            gradient[3 * i + 1] += p.Factor * g.G;
            gradient[3 * i + 2] += p.Factor * g.B;
        }
        IlgpuSums.Add(sum, parts);
    }

    /// <summary>Returns the distance, and adds its gradient with respect to the first color.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Add(ref Color sum, Color a, Color b, Parameters p)
    {
        float length = Math.Max(a.Length, p.LeastColor), other = Math.Max(b.Length, p.LeastColor), cosine = Cosine(a, b, p.LeastColor),
            squares = Squares(a, b);
        float root = MathF.Sqrt(Math.Max(squares, p.LeastSquares) / 3);
        float apart = squares > p.LeastSquares ? 1 / (3 * root) : 0, along = a.Length > p.LeastColor ? cosine / (length * length) : 0,
            across = 1 / (other * length);
        sum.R += apart * (a.R - b.R) + along * a.R - across * b.R;
        sum.G += apart * (a.G - b.G) + along * a.G - across * b.G;
        sum.B += apart * (a.B - b.B) + along * a.B - across * b.B;
        return 1 - cosine + root;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Color At(ArrayView<float> colors, int i)
    {
        Color c;
        c.R = colors[3 * i];
        c.G = colors[3 * i + 1];
        c.B = colors[3 * i + 2];
        c.Length = MathF.Sqrt(c.R * c.R + c.G * c.G + c.B * c.B);
        return c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Squares(Color a, Color b) => (a.R - b.R) * (a.R - b.R) + (a.G - b.G) * (a.G - b.G) + (a.B - b.B) * (a.B - b.B);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Cosine(Color a, Color b, float least) =>
        (a.R * b.R + a.G * b.G + a.B * b.B) / (Math.Max(a.Length, least) * Math.Max(b.Length, least));
}
