using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Kernels on rows and entries of sample matrices; formulas in <see cref="ISamples"/>. Groups have as many threads as a sum takes.
/// </summary>
internal static class RelationKernels
{
    internal struct Comparison
    {
        public int Order, Compare;
        public float Least;
    }

    internal struct Choice
    {
        public double FirstFactor, SecondFactor;
    }

    /// <summary>
    /// A group has a row of products, which become relations or, if they are compared, the gradient G; the sum of the row's differences
    /// goes to its place. Each thread goes over the same numbers each time, so that no other waits for them.
    /// </summary>
    internal static void Relate(ArrayView<float> products, ArrayView<float> target, ArrayView<double> sums, Comparison p)
    {
        int i = Grid.IdxX;
        long first = (long)i * p.Order;
        var row = products.SubView(first);
        double total = 0;
        for (int j = Group.IdxX; j < p.Order; j += IlgpuSums.GroupSize)
            if (j != i) total += 1 - row[j];
        total = IlgpuSums.OfGroup(total);
        double least = (double)p.Least * p.Order;
        float inverse = (float)(1 / (total > least ? total : least));
        if (p.Compare == 0)
        {
            for (int j = Group.IdxX; j < p.Order; j += IlgpuSums.GroupSize) row[j] = j == i ? 0 : (1 - row[j]) * inverse;
            return;
        }
        var of = target.SubView(first);
        double sum = 0, along = 0;
        for (int j = Group.IdxX; j < p.Order; j += IlgpuSums.GroupSize)
        {
            float relation = j == i ? 0 : (1 - row[j]) * inverse, difference = relation - of[j];
            sum += Math.Abs(difference);
            along += difference > 0 ? relation : difference < 0 ? -relation : 0;
        }
        Group.Barrier();
        sum = IlgpuSums.OfGroup(sum);
        Group.Barrier();
        along = IlgpuSums.OfGroup(along);
        float common = total > least ? (float)along : 0;
        for (int j = Group.IdxX; j < p.Order; j += IlgpuSums.GroupSize)
        {
            float difference = (j == i ? 0 : (1 - row[j]) * inverse) - of[j], sign = difference > 0 ? 1f : difference < 0 ? -1f : 0f;
            row[j] = (sign - common) * inverse;
        }
        if (Group.IdxX == 0) sums[i] = sum;
    }

    /// <summary>G + its transpose, times the factor; one thread an entry, those on the diagonal and above it write.</summary>
    internal static void BothSides(ArrayView<float> matrix, int order, float factor)
    {
        long entry = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        int i = (int)(entry / order), j = (int)(entry % order);
        if (i >= order | j < i) return;
        long other = (long)j * order + i;
        float sum = factor * (matrix[entry] + matrix[other]);
        matrix[entry] = sum;
        matrix[other] = sum;
    }

    /// <summary>First stage of the sum of |x - y| (<see cref="IlgpuSums"/>), and the signs of the differences times the factor.</summary>
    internal static void Deviate(ArrayView<float> x, ArrayView<float> y, ArrayView<double> parts, float factor)
    {
        double sum = 0;
        for (long i = (long)Grid.IdxX * IlgpuSums.GroupSize + Group.IdxX; i < x.Length; i += (long)Grid.DimX * IlgpuSums.GroupSize)
        {
            float difference = x[i] - y[i];
            sum += Math.Abs(difference);
            x[i] = difference > 0 ? factor : difference < 0 ? -factor : 0;
        }
        IlgpuSums.Add(sum, parts);
    }

    /// <summary>One thread a value.</summary>
    internal static void TakeLarger(ArrayView<float> first, ArrayView<float> second, ArrayView<double> ofFirst, ArrayView<double> ofSecond,
        Choice p)
    {
        long i = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < first.Length && p.SecondFactor * ofSecond[0] > p.FirstFactor * ofFirst[0]) first[i] = second[i];
    }
}
