using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Kernels that take samples, put them back, and center them; formulas in <see cref="IMatching"/>. Samples are stored row by row. A value
/// of channel c of the features at position q lies at c ChannelStride + q PositionStride.
/// </summary>
internal static class SampleKernels
{
    /// <summary>Threads that have a row together; rows of a group; its threads.</summary>
    public const int RowThreads = 32, GroupRows = 4, GroupSize = GroupRows * RowThreads;

    /// <summary>Threads of a group of <see cref="PartialSums"/>: as many columns.</summary>
    public const int SumColumns = 64;

    internal struct Points
    {
        /// <summary>Points of the map, or positions that have a part in it; the first column and numbers of a row of samples.</summary>
        public int Count, Column, Pitch;

        /// <summary>Whether samples are added to.</summary>
        public int Accumulate;

        /// <summary>Features: channels, where their values lie, and the plane's width.</summary>
        public int Channels, ChannelStride, PositionStride, Width;
    }

    internal struct Rows
    {
        /// <summary>Rows; numbers of each.</summary>
        public int Count, Length;

        /// <summary>Rows of one chunk; chunks.</summary>
        public int Chunk, Chunks;
    }

    /// <summary>One thread a channel of a point.</summary>
    internal static void Gather(ArrayView<float> features, ArrayView<float> rows, ArrayView<float> taps, ArrayView<float> samples, Points p)
    {
        long thread = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (thread >= (long)p.Count * p.Channels) return;
        int channel = (int)(thread % p.Channels), row = (int)(thread / p.Channels) * SampleMap.RowFields;
        int tap = (int)rows[row + 1], end = tap + (int)rows[row + 2];
        float sum = 0;
        for (; tap < end; tap++)
        {
            int at = tap * SampleMap.TapFields;
            sum += taps[at + 2] * features[At(taps[at], taps[at + 1], channel, p)];
        }
        long to = (long)rows[row] * p.Pitch + p.Column + channel;
        if (p.Accumulate != 0) sum += samples[to];
        samples[to] = sum;
    }

    /// <summary>One thread a channel of a position.</summary>
    internal static void Scatter(ArrayView<float> samples, ArrayView<float> pixels, ArrayView<float> shares, ArrayView<float> features, Points p)
    {
        long thread = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (thread >= (long)p.Count * p.Channels) return;
        int channel = (int)(thread % p.Channels), pixel = (int)(thread / p.Channels) * SampleMap.PixelFields;
        int share = (int)pixels[pixel + 2], end = share + (int)pixels[pixel + 3];
        long to = At(pixels[pixel], pixels[pixel + 1], channel, p);
        float sum = features[to];
        for (; share < end; share++)
        {
            int at = share * SampleMap.ShareFields;
            sum += shares[at + 1] * samples[(long)shares[at] * p.Pitch + p.Column + channel];
        }
        features[to] = sum;
    }

    /// <summary>
    /// partial[chunk][i] = sum over the chunk's rows of number i, overwritten; the grid runs over chunks (x) and columns (y).
    /// </summary>
    internal static void PartialSums(ArrayView<float> x, ArrayView<double> partial, Rows p)
    {
        int column = Grid.IdxY * SumColumns + Group.IdxX;
        if (column >= p.Length) return;
        int row = Grid.IdxX * p.Chunk, end = Math.Min(row + p.Chunk, p.Count);
        double sum = 0;
        for (; row < end; row++) sum += x[(long)row * p.Length + column];
        partial[(long)Grid.IdxX * p.Length + column] = sum;
    }

    /// <summary>mean[i] = the chunks' sums, added in order, over the number of rows; one thread a column.</summary>
    internal static void Mean(ArrayView<double> partial, ArrayView<float> mean, Rows p)
    {
        int column = Grid.IdxX * Group.DimX + Group.IdxX;
        if (column >= p.Length) return;
        double sum = 0;
        for (int chunk = 0; chunk < p.Chunks; chunk++) sum += partial[(long)chunk * p.Length + column];
        mean[column] = (float)(sum / p.Count);
    }

    /// <summary>Puts the least divisor behind the mean row. One group.</summary>
    internal static void Least(ArrayView<float> mean, int length)
    {
        double squares = 0;
        for (int i = Group.IdxX; i < length; i += IlgpuSums.GroupSize) squares += (double)mean[i] * mean[i];
        squares = IlgpuSums.OfGroup(squares);
        if (Group.IdxX == 0) mean[length] = Math.Max((float)(IMatching.LeastLength * Math.Sqrt(squares)), IMatching.Tiny);
    }

    /// <summary>A mean row of zeros, and the least divisor of rows that are not centered. One thread a number.</summary>
    internal static void NoMean(ArrayView<float> mean, int length)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i <= length) mean[i] = i < length ? 0f : IMatching.LeastNorm;
    }

    /// <summary>Several rows a group, <see cref="RowThreads"/> threads each.</summary>
    internal static void Center(ArrayView<float> x, ArrayView<float> mean, ArrayView<float> lengths, Rows p)
    {
        int row = Grid.IdxX * GroupRows + Group.IdxX / RowThreads, lane = Group.IdxX % RowThreads;
        long at = (long)row * p.Length;
        double squares = 0;
        if (row < p.Count)
            for (int i = lane; i < p.Length; i += RowThreads)
            {
                float d = x[at + i] - mean[i];
                squares += (double)d * d;
            }
        squares = OfRow(squares);
        if (row >= p.Count) return;
        float own = (float)Math.Sqrt(squares), least = mean[p.Length], divisor = Math.Max(own, least);
        if (lane == 0)
        {
            lengths[row] = divisor;
            lengths[p.Count + row] = own > least ? 1f : 0f; // of 1 : 0 ILGPU 1.5.3 stores the whole number's bits
        }
        for (int i = lane; i < p.Length; i += RowThreads) x[at + i] = (x[at + i] - mean[i]) / divisor;
    }

    /// <summary>The gradient's rows become h. Several rows a group, <see cref="RowThreads"/> threads each.</summary>
    internal static void Project(ArrayView<float> z, ArrayView<float> lengths, ArrayView<float> gradient, Rows p)
    {
        int row = Grid.IdxX * GroupRows + Group.IdxX / RowThreads, lane = Group.IdxX % RowThreads;
        long at = (long)row * p.Length;
        double product = 0;
        if (row < p.Count)
            for (int i = lane; i < p.Length; i += RowThreads) product += (double)gradient[at + i] * z[at + i];
        product = OfRow(product);
        if (row >= p.Count) return;
        float along = lengths[p.Count + row] * (float)product, divisor = lengths[row];
        for (int i = lane; i < p.Length; i += RowThreads) gradient[at + i] = (gradient[at + i] - along * z[at + i]) / divisor;
    }

    /// <summary>Takes the mean row away; one thread a number.</summary>
    internal static void Subtract(ArrayView<float> mean, ArrayView<float> x, Rows p)
    {
        long i = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (i < (long)p.Count * p.Length) x[i] -= mean[i % p.Length];
    }

    /// <summary>
    /// The sum of the values of the threads that have a row together, for each of them. Called by all threads of a group.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double OfRow(double value)
    {
        var shared = SharedMemory.Allocate<double>(GroupSize);
        int thread = Group.IdxX, lane = thread % RowThreads;
        shared[thread] = value;
        Group.Barrier();
        for (int half = RowThreads / 2; half > 0; half >>= 1)
        {
            if (lane < half) shared[thread] += shared[thread + half];
            Group.Barrier();
        }
        return shared[thread - lane];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long At(float y, float x, int channel, Points p) => channel * (long)p.ChannelStride + ((long)y * p.Width + (int)x) * p.PositionStride;
}
