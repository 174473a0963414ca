using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Kernels that pull samples towards others; formulas in <see cref="IMatching"/>. Rows of A that a list names are found again by chains:
/// chains[p] is the first q that names row p, chains[m + q] the next one that names the same row, -1 none.
/// </summary>
internal static class PullKernels
{
    internal struct Parameters
    {
        /// <summary>Rows that the sum runs over, numbers of each.</summary>
        public int Count, Length;

        /// <summary>Whether rows' neighbors are numbered, and rows weighted; whether the gradient is wanted.</summary>
        public int Numbered, Weighted, Pulls;

        public float Factor;
    }

    /// <summary>
    /// values[p] = w (1 - A_p . B_k), and the gradient. Several rows a group, as <see cref="SampleKernels.OfRow"/> wants it.
    /// </summary>
    internal static void Pull(ArrayView<float> samples, ArrayView<float> targets, ArrayView<float> nearest, ArrayView<float> weights, ArrayView<float> gradient,
        ArrayView<double> values, Parameters p)
    {
        int row = Grid.IdxX * SampleKernels.GroupRows + Group.IdxX / SampleKernels.RowThreads, lane = Group.IdxX % SampleKernels.RowThreads;
        long at = (long)row * p.Length, target = at;
        double product = 0;
        if (row < p.Count)
        {
            if (p.Numbered != 0) target = (long)nearest[row] * p.Length;
            for (int i = lane; i < p.Length; i += SampleKernels.RowThreads) product += (double)samples[at + i] * targets[target + i];
        }
        product = SampleKernels.OfRow(product);
        if (row >= p.Count) return;
        float weight = 1;
        if (p.Weighted != 0) weight = weights[row];
        if (lane == 0) values[row] = weight * (1 - product);
        if (p.Pulls == 0) return;
        float factor = p.Factor * weight;
        for (int i = lane; i < p.Length; i += SampleKernels.RowThreads) gradient[at + i] -= factor * targets[target + i];
    }

    /// <summary>First stage of the sum of all values (<see cref="IlgpuSums"/>).</summary>
    internal static void PartialSums(ArrayView<double> values, ArrayView<double> parts, int count)
    {
        double sum = 0;
        for (int i = Grid.IdxX * IlgpuSums.GroupSize + Group.IdxX; i < count; i += Grid.DimX * IlgpuSums.GroupSize) sum += values[i];
        IlgpuSums.Add(sum, parts);
    }

    /// <summary>Makes the chains of m rows that n numbers name; one thread a row.</summary>
    internal static void Chain(ArrayView<float> nearest, ArrayView<int> chains, int m, int n)
    {
        int row = Grid.IdxX * Group.DimX + Group.IdxX;
        if (row >= m) return;
        int end = row;
        for (int q = 0; q < n; q++)
            if ((int)nearest[q] == row)
            {
                chains[end] = q;
                end = m + q;
            }
        chains[end] = -1;
    }

    /// <summary>The gradient of <see cref="IMatching.Cover"/>; one thread a number of a row of A.</summary>
    internal static void Cover(ArrayView<float> others, ArrayView<int> chains, ArrayView<float> gradient, Parameters p)
    {
        long i = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= (long)p.Count * p.Length) return;
        int row = (int)(i / p.Length), column = (int)(i % p.Length), q = chains[row];
        float sum = gradient[i];
        for (; q >= 0; q = chains[p.Count + q]) sum -= p.Factor * others[(long)q * p.Length + column];
        gradient[i] = sum;
    }
}
