using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The vector operations, one thread per stored value; formulas in <see cref="IVectors"/>. The last argument is overwritten,
/// except: Combine overwrites its first; Adam updates x and both moments in place. Absolutes is the first stage of a sum
/// (<see cref="IlgpuSums"/>): a thread strides through the vector, a group adds to its part of a slot.
/// </summary>
internal static class VectorKernels
{
    /// <summary>Vectors that a launch of <see cref="Combine"/> takes.</summary>
    public const int Combined = 4;

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

    /// <summary>
    /// A window times a factor, added to a picture; <paramref name="picture"/> is written within it alone. One thread per value of the picture,
    /// which gathers all that repeat it.
    /// </summary>
    internal static void NormaliseGradient(ArrayView<float> window, Window w, PerPlane scale, ArrayView<float> picture)
    {
        long i = Index(), width = Math.Min(w.Width, w.PictureWidth), height = Math.Min(w.Height, w.PictureHeight);
        long column = i % width, row = i / width % height, plane = i / (width * height);
        if (plane * w.Height * w.Width >= window.Length) return;
        float sum = 0;
        for (long y = row; y < w.Height; y += w.PictureHeight)
            for (long x = column; x < w.Width; x += w.PictureWidth) sum += window[(plane * w.Height + y) * w.Width + x];
        picture[(plane * w.PictureHeight + (w.Top + row) % w.PictureHeight) * w.PictureWidth + (w.Left + column) % w.PictureWidth] += scale[plane] * sum;
    }

    /// <summary>The place in the picture, which repeats, of a window's value.</summary>
    static long InPicture(long i, Window w)
    {
        long row = i / w.Width, plane = row / w.Height;
        return (plane * w.PictureHeight + (w.Top + row % w.Height) % w.PictureHeight) * w.PictureWidth + (w.Left + i % w.Width) % w.PictureWidth;
    }

    internal static void Absolutes(ArrayView<float> x, ArrayView<double> parts)
    {
        double sum = 0;
        for (long i = Index(); i < x.Length; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            double v = x[i];
            sum += v < 0 ? -v : v;
        }
        IlgpuSums.Add(sum, parts);
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

    /// <summary>One thread per block of <see cref="PackedFormat"/>.</summary>
    internal static void Pack(ArrayView<float> source, ArrayView<int> packed)
    {
        long block = Index(), first = block * PackedFormat.Block;
        if (first >= source.Length) return;
        long end = Math.Min(first + PackedFormat.Block, source.Length);
        float greatest = 0;
        for (long i = first; i < end; i++) greatest = Math.Max(greatest, Math.Abs(source[i]));
        var (scale, inverse) = PackedFormat.Scales((int)Interop.FloatAsInt(greatest));
        packed[PackedFormat.Words(source.Length) + block] = scale;
        float factor = Interop.IntAsFloat((uint)inverse);
        for (int w = 0; w < PackedFormat.BlockWords; w++)
        {
            int word = 0;
            for (int k = 0; k < 4; k++)
            {
                long i = first + 4 * w + k;
                if (i < end) word |= ((int)Interop.FloatAsInt(Math.Max(-PackedFormat.Most, Math.Min(PackedFormat.Most, factor * source[i])) + PackedFormat.ToInteger) & 255) << (8 * k);
            }
            packed[block * PackedFormat.BlockWords + w] = word;
        }
    }

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

    internal static long Index() => (long)Grid.IdxX * Group.DimX + Group.IdxX;
}
