using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The vector operations, one thread per stored value; formulas in <see cref="IVectors"/>. The last argument is overwritten,
/// except: Combine overwrites its first; Adam updates x and both moments in place. Dot and Absolutes are first stages of a sum
/// (<see cref="IlgpuSums"/>): a thread strides through the vector, a group writes one partial sum per vector.
/// </summary>
internal static class VectorKernels
{
    /// <summary>Vectors whose inner products a launch takes.</summary>
    public const int DotVectors = 4;

    internal struct Coefficients
    {
        public double Own, A, B, C, D;
    }

    /// <summary>A window of a picture of up to three planes: its size, where it begins, the picture's size.</summary>
    internal struct Window
    {
        public int Height, Width, Top, Left, PictureHeight, PictureWidth;
    }

    /// <summary>A number for each of up to three planes.</summary>
    internal struct PerPlane
    {
        public float First, Second, Third;

        public readonly float this[long plane] => plane == 0 ? First : plane == 1 ? Second : Third;
    }

    internal struct AdamConstants
    {
        public float Beta1, Rest1, Beta2, Rest2, Rate, Correction, Epsilon;
    }

    /// <summary>x = value; padded channels, from <paramref name="channels"/> to <paramref name="inner"/>, = 0.</summary>
    internal static void Fill(ArrayView<float> x, float value, int channels, int inner)
    {
        long i = Index();
        if (i < x.Length) x[i] = i % inner < channels ? value : 0;
    }

    internal static void Copy(ArrayView<float> source, ArrayView<float> destination)
    {
        long i = Index();
        if (i < destination.Length) destination[i] = source[i];
    }

    /// <summary>A part of each image; widths and <see cref="Window.Left"/> count stored values.</summary>
    internal static void CopyPart(ArrayView<float> source, Window part, ArrayView<float> destination)
    {
        long i = Index();
        if (i >= destination.Length) return;
        long row = i / part.Width, image = row / part.Height;
        destination[i] = source[(image * part.PictureHeight + part.Top + row % part.Height) * part.PictureWidth + part.Left + i % part.Width];
    }

    /// <summary>gradient = 0 where the activation is not positive.</summary>
    internal static void Mask(ArrayView<float> activation, ArrayView<float> gradient)
    {
        long i = Index();
        if (i < gradient.Length && !(activation[i] > 0)) gradient[i] = 0;
    }

    /// <summary>A window out of a picture, less a mean, times a factor.</summary>
    internal static void Normalise(ArrayView<float> picture, Window w, PerPlane mean, PerPlane scale, ArrayView<float> window)
    {
        long i = Index();
        if (i >= window.Length) return;
        long plane = i / ((long)w.Height * w.Width);
        window[i] = scale[plane] * (picture[InPicture(i, w)] - mean[plane]);
    }

    /// <summary>A window times a factor, added to a picture; <paramref name="picture"/> is written within it alone.</summary>
    internal static void NormaliseGradient(ArrayView<float> window, Window w, PerPlane scale, ArrayView<float> picture)
    {
        long i = Index();
        if (i < window.Length) picture[InPicture(i, w)] += scale[i / ((long)w.Height * w.Width)] * window[i];
    }

    /// <summary>The place in the picture of a window's value.</summary>
    static long InPicture(long i, Window w)
    {
        long row = i / w.Width, plane = row / w.Height;
        return (plane * w.PictureHeight + w.Top + row % w.Height) * w.PictureWidth + w.Left + i % w.Width;
    }

    internal static void Absolutes(ArrayView<float> x, ArrayView<double> partials)
    {
        double sum = 0;
        for (long i = Index(); i < x.Length; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            double v = x[i];
            sum += v < 0 ? -v : v;
        }
        sum = IlgpuSums.OfGroup(sum);
        if (Group.IdxX == 0) partials[Grid.IdxX] = sum;
    }

    internal static void Dot(ArrayView<float> y, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d, ArrayView<double> partials)
    {
        double sumA = 0, sumB = 0, sumC = 0, sumD = 0;
        for (long i = Index(); i < y.Length; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            double v = y[i];
            sumA += v * a[i];
            sumB += v * b[i];
            sumC += v * c[i];
            sumD += v * d[i];
        }
        Write(sumA, sumB, sumC, sumD, partials);
    }

    /// <summary>A group's partial sums.</summary>
    internal static void Write(double sumA, double sumB, double sumC, double sumD, ArrayView<double> partials)
    {
        sumA = IlgpuSums.OfGroup(sumA);
        sumB = IlgpuSums.OfGroup(sumB);
        sumC = IlgpuSums.OfGroup(sumC);
        sumD = IlgpuSums.OfGroup(sumD);
        if (Group.IdxX != 0) return;
        int at = Grid.IdxX;
        partials[at] = sumA;
        partials[at + IlgpuSums.MostGroups] = sumB;
        partials[at + 2 * IlgpuSums.MostGroups] = sumC;
        partials[at + 3 * IlgpuSums.MostGroups] = sumD;
    }

    /// <summary>x = Own x + A a + B b + C c + D d in double precision; x is not read if Own is 0.</summary>
    internal static void Combine(ArrayView<float> x, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d, Coefficients k)
    {
        long i = Index();
        if (i >= x.Length) return;
        double sum = k.A * a[i] + k.B * b[i] + k.C * c[i] + k.D * d[i];
        if (k.Own != 0) sum += k.Own * x[i];
        x[i] = (float)sum;
    }

    /// <summary>The upper halves of float32, rounded to nearest, ties to even.</summary>
    internal static void Pack(ArrayView<float> source, ArrayView<ushort> packed)
    {
        long i = Index();
        if (i >= packed.Length) return;
        uint bits = Interop.FloatAsInt(source[i]);
        packed[i] = (ushort)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
    }

    /// <summary>As <see cref="Dot"/>, of packed vectors.</summary>
    internal static void DotPacked(ArrayView<float> y, ArrayView<ushort> a, ArrayView<ushort> b, ArrayView<ushort> c, ArrayView<ushort> d, ArrayView<double> partials)
    {
        double sumA = 0, sumB = 0, sumC = 0, sumD = 0;
        for (long i = Index(); i < y.Length; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            double v = y[i];
            sumA += v * Unpacked(a[i]);
            sumB += v * Unpacked(b[i]);
            sumC += v * Unpacked(c[i]);
            sumD += v * Unpacked(d[i]);
        }
        Write(sumA, sumB, sumC, sumD, partials);
    }

    /// <summary>As <see cref="Combine"/>, of packed vectors.</summary>
    internal static void CombinePacked(ArrayView<float> x, ArrayView<ushort> a, ArrayView<ushort> b, ArrayView<ushort> c, ArrayView<ushort> d, Coefficients k)
    {
        long i = Index();
        if (i >= x.Length) return;
        double sum = k.A * Unpacked(a[i]) + k.B * Unpacked(b[i]) + k.C * Unpacked(c[i]) + k.D * Unpacked(d[i]);
        if (k.Own != 0) sum += k.Own * x[i];
        x[i] = (float)sum;
    }

    static double Unpacked(ushort half) => Interop.IntAsFloat((uint)half << 16);

    internal static void Adam(ArrayView<float> x, ArrayView<float> gradient, ArrayView<float> first, ArrayView<float> second, AdamConstants k)
    {
        long i = Index();
        if (i >= x.Length) return;
        float g = gradient[i];
        float m = k.Beta1 * first[i] + k.Rest1 * g;
        float v = k.Beta2 * second[i] + k.Rest2 * g * g;
        first[i] = m;
        second[i] = v;
        x[i] -= k.Rate * m / (MathF.Sqrt(v) * k.Correction + k.Epsilon);
    }

    static long Index() => (long)Grid.IdxX * Group.DimX + Group.IdxX;
}
