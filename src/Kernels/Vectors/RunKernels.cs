using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Inner products with all vectors of a <see cref="VectorRun"/>, and their combinations. Dot is the first stage of a sum
/// (<see cref="IlgpuSums"/>): a group of the grid's x takes four vectors, one of its y a share of the values, so that groups which read the
/// same part of y follow each other.
/// </summary>
internal static class RunKernels
{
    /// <summary>Vectors whose inner products a group takes, and packed ones that are combined as floats.</summary>
    public const int AtOnce = 4;

    internal static void Dot(ArrayView<float> y, ArrayView<float> memory, VectorRun run, ArrayView<double> parts)
    {
        var (a, b, c, d) = Four(run, AtOnce * Grid.IdxX);
        double sumA = 0, sumB = 0, sumC = 0, sumD = 0;
        for (long i = (long)Grid.IdxY * IlgpuSums.GroupSize + Group.IdxX; i < y.Length; i += Grid.DimY * IlgpuSums.GroupSize)
        {
            double v = y[i];
            sumA += v * memory[a + i];
            sumB += v * memory[b + i];
            sumC += v * memory[c + i];
            sumD += v * memory[d + i];
        }
        Add(sumA, sumB, sumC, sumD, parts, run);
    }

    /// <summary>As <see cref="Dot"/>, of packed vectors, a word at a time: four products are added as floats.</summary>
    internal static void DotPacked(ArrayView<float> y, ArrayView<int> memory, VectorRun run, ArrayView<double> parts)
    {
        var (a, b, c, d) = Four(run, AtOnce * Grid.IdxX);
        double sumA = 0, sumB = 0, sumC = 0, sumD = 0;
        long words = PackedFormat.Words(y.Length), last = y.Length - 1;
        for (long i = (long)Grid.IdxY * IlgpuSums.GroupSize + Group.IdxX; 4 * i <= last; i += Grid.DimY * IlgpuSums.GroupSize)
        {
            // Bytes behind the last value are 0.
            long at = 4 * i;
            Float4 v = new() { X = y[at], Y = y[Math.Min(at + 1, last)], Z = y[Math.Min(at + 2, last)], W = y[Math.Min(at + 3, last)] };
            long scale = words + i / PackedFormat.BlockWords;
            sumA += Product(memory[a + i], memory[a + scale], v);
            sumB += Product(memory[b + i], memory[b + scale], v);
            sumC += Product(memory[c + i], memory[c + scale], v);
            sumD += Product(memory[d + i], memory[d + scale], v);
        }
        Add(sumA, sumB, sumC, sumD, parts, run);
    }

    /// <summary>
    /// x = own other + the sum of coefficients[v] times vector v, in double precision; other, which may be x, is not read if own is 0.
    /// </summary>
    internal static void Combine(
        ArrayView<float> x, ArrayView<float> other, double own, ArrayView<float> memory, VectorRun run, ArrayView<double> coefficients)
    {
        long i = VectorKernels.Index(), at = run.First + i;
        if (i >= x.Length) return;
        double sum = 0;
        if (own != 0) sum = own * other[i];
        for (int v = 0; v < run.Count; v++, at += run.Pitch)
        {
            if (v == run.Straight) at = run.Again + i;
            sum += coefficients[v] * memory[at];
        }
        x[i] = (float)sum;
    }

    /// <summary>
    /// As <see cref="Combine"/>, of packed vectors, a word per thread; the sum of four vectors is rounded to float32 before it is added. As
    /// many coefficients of 0 as fill up the last four follow the others.
    /// </summary>
    internal static void CombinePacked(
        ArrayView<float> x, ArrayView<float> other, double own, ArrayView<int> memory, VectorRun run, ArrayView<double> coefficients)
    {
        long word = VectorKernels.Index(), scale = PackedFormat.Words(x.Length) + word / PackedFormat.BlockWords, last = x.Length - 1;
        if (4 * word > last) return;
        double first = 0, second = 0, third = 0, fourth = 0;
        if (own != 0)
        {
            first = own * other[4 * word];
            second = own * other[Math.Min(4 * word + 1, last)];
            third = own * other[Math.Min(4 * word + 2, last)];
            fourth = own * other[Math.Min(4 * word + 3, last)];
        }
        for (int v = 0; v < run.Count; v += AtOnce)
        {
            var (a, b, c, d) = Four(run, v);
            int wordA = memory[a + word], wordB = memory[b + word], wordC = memory[c + word], wordD = memory[d + word];
            float factorA = Factor(coefficients[v], memory[a + scale]), factorB = Factor(coefficients[v + 1], memory[b + scale]);
            float factorC = Factor(coefficients[v + 2], memory[c + scale]), factorD = Factor(coefficients[v + 3], memory[d + scale]);
            first += factorA * Byte(wordA, 0) + factorB * Byte(wordB, 0) + factorC * Byte(wordC, 0) + factorD * Byte(wordD, 0);
            second += factorA * Byte(wordA, 1) + factorB * Byte(wordB, 1) + factorC * Byte(wordC, 1) + factorD * Byte(wordD, 1);
            third += factorA * Byte(wordA, 2) + factorB * Byte(wordB, 2) + factorC * Byte(wordC, 2) + factorD * Byte(wordD, 2);
            fourth += factorA * Byte(wordA, 3) + factorB * Byte(wordB, 3) + factorC * Byte(wordC, 3) + factorD * Byte(wordD, 3);
        }
        x[4 * word] = (float)first;
        if (4 * word + 1 <= last) x[4 * word + 1] = (float)second;
        if (4 * word + 2 <= last) x[4 * word + 2] = (float)third;
        if (4 * word + 3 <= last) x[4 * word + 3] = (float)fourth;
    }

    /// <summary>Where four vectors begin; where there are fewer, the last one again.</summary>
    static (long A, long B, long C, long D) Four(VectorRun run, int first)
    {
        int last = run.Count - 1;
        return (run.At(first), run.At(Math.Min(first + 1, last)), run.At(Math.Min(first + 2, last)), run.At(Math.Min(first + 3, last)));
    }

    /// <summary>
    /// Adds a group's sums to the slots of its vectors. All barriers are before the first condition: behind one within a condition PoCL lets
    /// every thread add.
    /// </summary>
    static void Add(double sumA, double sumB, double sumC, double sumD, ArrayView<double> parts, VectorRun run)
    {
        sumA = IlgpuSums.OfGroup(sumA);
        sumB = IlgpuSums.OfGroup(sumB);
        sumC = IlgpuSums.OfGroup(sumC);
        sumD = IlgpuSums.OfGroup(sumD);
        if (Group.IdxX != 0) return;
        int slot = AtOnce * Grid.IdxX, at = slot * IlgpuSums.MostGroups + Grid.IdxY;
        parts[at] += sumA;
        if (slot + 1 < run.Count) parts[at + IlgpuSums.MostGroups] += sumB;
        if (slot + 2 < run.Count) parts[at + 2 * IlgpuSums.MostGroups] += sumC;
        if (slot + 3 < run.Count) parts[at + 3 * IlgpuSums.MostGroups] += sumD;
    }

    /// <summary>A word's four values times as many floats.</summary>
    static double Product(int word, int scale, Float4 v) =>
        (double)Scale(scale) * (Byte(word, 0) * v.X + Byte(word, 1) * v.Y + Byte(word, 2) * v.Z + Byte(word, 3) * v.W);

    static float Factor(double coefficient, int scale) => (float)(coefficient * Scale(scale));

    static float Scale(int bits) => Interop.IntAsFloat((uint)bits);

    /// <summary>A word's nth byte, which is signed.</summary>
    static float Byte(int word, int n) => (word << (24 - 8 * n)) >> 24;
}
