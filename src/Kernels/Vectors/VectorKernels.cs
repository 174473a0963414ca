using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The vector operations, one thread per stored value; formulas in <see cref="IVectors"/>. The last argument is overwritten,
/// except: Combine overwrites its first; Adam updates x and both moments in place. Dot and Absolutes are first stages of a sum
/// (<see cref="IlgpuSums"/>): a thread strides through the vector, a group adds to its part of a slot for each.
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
        Add(sum, parts, 0);
    }

    internal static void Dot(ArrayView<float> y, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d, ArrayView<double> parts, int slots)
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
        Add(sumA, sumB, sumC, sumD, parts, slots);
    }

    /// <summary>Adds what the threads of this group have to its part of a slot (<see cref="IlgpuScalars"/>).</summary>
    internal static void Add(double sum, ArrayView<double> parts, int slot)
    {
        sum = IlgpuSums.OfGroup(sum);
        if (Group.IdxX == 0) parts[slot * IlgpuSums.MostGroups + Grid.IdxX] += sum;
    }

    /// <summary>The same for up to four slots. No barrier is within a condition, where PoCL lets every thread add.</summary>
    static void Add(double sumA, double sumB, double sumC, double sumD, ArrayView<double> parts, int slots)
    {
        sumA = IlgpuSums.OfGroup(sumA);
        sumB = IlgpuSums.OfGroup(sumB);
        sumC = IlgpuSums.OfGroup(sumC);
        sumD = IlgpuSums.OfGroup(sumD);
        if (Group.IdxX != 0) return;
        int at = Grid.IdxX;
        parts[at] += sumA;
        if (slots > 1) parts[at + IlgpuSums.MostGroups] += sumB;
        if (slots > 2) parts[at + 2 * IlgpuSums.MostGroups] += sumC;
        if (slots > 3) parts[at + 3 * IlgpuSums.MostGroups] += sumD;
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

    /// <summary>As <see cref="Dot"/>, of packed vectors, a word at a time: four products are added as floats.</summary>
    internal static void DotPacked(ArrayView<float> y, ArrayView<int> a, ArrayView<int> b, ArrayView<int> c, ArrayView<int> d, ArrayView<double> parts, int slots)
    {
        double sumA = 0, sumB = 0, sumC = 0, sumD = 0;
        long words = PackedFormat.Words(y.Length), last = y.Length - 1;
        for (long i = Index(); 4 * i <= last; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            // Bytes behind the last value are 0.
            Float4 v = new() { X = y[4 * i], Y = y[Math.Min(4 * i + 1, last)], Z = y[Math.Min(4 * i + 2, last)], W = y[Math.Min(4 * i + 3, last)] };
            long scale = words + i / PackedFormat.BlockWords;
            sumA += Product(a[i], a[scale], v);
            sumB += Product(b[i], b[scale], v);
            sumC += Product(c[i], c[scale], v);
            sumD += Product(d[i], d[scale], v);
        }
        Add(sumA, sumB, sumC, sumD, parts, slots);
    }

    /// <summary>As <see cref="Combine"/>, of packed vectors, a word per thread; the four's sum is rounded to float32 before what was there is added.</summary>
    internal static void CombinePacked(ArrayView<float> x, ArrayView<int> a, ArrayView<int> b, ArrayView<int> c, ArrayView<int> d, Coefficients k)
    {
        long word = Index(), scale = PackedFormat.Words(x.Length) + word / PackedFormat.BlockWords;
        if (4 * word >= x.Length) return;
        int wordA = a[word], wordB = b[word], wordC = c[word], wordD = d[word];
        float factorA = (float)(k.A * Scale(a[scale])), factorB = (float)(k.B * Scale(b[scale])), factorC = (float)(k.C * Scale(c[scale])), factorD = (float)(k.D * Scale(d[scale]));
        for (int n = 0; n < 4; n++)
        {
            long i = 4 * word + n;
            if (i >= x.Length) return;
            double sum = factorA * Byte(wordA, n) + factorB * Byte(wordB, n) + factorC * Byte(wordC, n) + factorD * Byte(wordD, n);
            if (k.Own != 0) sum += k.Own * x[i];
            x[i] = (float)sum;
        }
    }

    /// <summary>A word's four values times as many floats.</summary>
    static double Product(int word, int scale, Float4 v) => (double)Scale(scale) * (Byte(word, 0) * v.X + Byte(word, 1) * v.Y + Byte(word, 2) * v.Z + Byte(word, 3) * v.W);

    static float Scale(int bits) => Interop.IntAsFloat((uint)bits);

    /// <summary>A word's nth byte, which is signed.</summary>
    static float Byte(int word, int n) => (word << (24 - 8 * n)) >> 24;

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
