using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Kernels of the moments; formulas in <see cref="IMoments"/>. A value of channel c at position q of the whole plane lies at
/// c ChannelStride + q PositionStride. Without weights the argument for them is not read.
/// </summary>
internal static class MomentKernels
{
    /// <summary>Threads of a group of <see cref="PartialSums"/>: as many channels.</summary>
    public const int GroupSize = 64;

    internal struct Parameters
    {
        /// <summary>Channels; channels stored, those that fill up a tile included; where values lie; the plane's width.</summary>
        public int Channels, Stored, ChannelStride, PositionStride, Width;

        /// <summary>The region: its corner, its width and how many positions it has, counted row by row.</summary>
        public int Top, Left, RegionWidth, Positions;

        /// <summary>Positions of one chunk; chunks.</summary>
        public int Chunk, Chunks;

        public int Weighted, Accumulate;

        /// <summary>Stored values of the region.</summary>
        public readonly long Values => (long)Stored * Positions;
    }

    internal struct Deviation
    {
        public int Order;
        public double Mass, ValueFactor, GradientFactor;
    }

    internal struct Quotient
    {
        public int Accumulate;
        public double Factor, Least;
    }

    /// <summary>partial[chunk][c] = sum over the chunk's positions of w F, overwritten; the grid runs over chunks (x) and channels (y).</summary>
    internal static void PartialSums(ArrayView<float> features, ArrayView<float> weights, ArrayView<double> partial, Parameters p)
    {
        int channel = Grid.IdxY * GroupSize + Group.IdxX;
        if (channel >= p.Channels) return;
        int position = Grid.IdxX * p.Chunk, end = Math.Min(position + p.Chunk, p.Positions);
        double sum = 0;
        PlaneWalk walk = new(position, 1, PlaneWalk.Open, p.RegionWidth);
        for (; position < end; position++)
        {
            long at = (long)(p.Top + walk.Y) * p.Width + p.Left + walk.X;
            walk.Move();
            float f = features[channel * (long)p.ChannelStride + at * p.PositionStride];
            if (p.Weighted != 0) f *= weights[at];
            sum += f;
        }
        partial[(long)Grid.IdxX * p.Channels + channel] = sum;
    }

    /// <summary>sums[c] += the chunks' sums, in order; one thread a channel.</summary>
    internal static void AddPartials(ArrayView<double> partial, ArrayView<float> sums, Parameters p)
    {
        int channel = Grid.IdxX * Group.DimX + Group.IdxX;
        if (channel >= p.Channels) return;
        double sum = sums[channel];
        for (int chunk = 0; chunk < p.Chunks; chunk++) sum += partial[(long)chunk * p.Channels + channel];
        sums[channel] = (float)sum;
    }

    /// <summary>result = w x, or plus what it held; one thread a stored value of the region.</summary>
    internal static void Scale(ArrayView<float> x, ArrayView<float> weights, ArrayView<float> result, Parameters p)
    {
        long thread = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (thread >= p.Values) return;
        long at = At(Position(thread, p), p), i = Channel(thread, p) * (long)p.ChannelStride + at * p.PositionStride;
        float scaled = weights[at] * x[i];
        if (p.Accumulate != 0) scaled += result[i];
        result[i] = scaled;
    }

    /// <summary>result += w v; one thread a stored value of the region.</summary>
    internal static void Spread(ArrayView<float> vector, ArrayView<float> weights, ArrayView<float> result, Parameters p)
    {
        long thread = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (thread >= p.Values) return;
        int channel = Channel(thread, p);
        if (channel >= p.Channels) return;
        long at = At(Position(thread, p), p);
        float v = vector[channel];
        if (p.Weighted != 0) v *= weights[at];
        result[channel * (long)p.ChannelStride + at * p.PositionStride] += v;
    }

    /// <summary>result = factor / (sum + least) x, or plus what it held; one thread a stored value.</summary>
    internal static void Divide(ArrayView<float> x, ArrayView<double> sum, ArrayView<float> result, Quotient p)
    {
        long i = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= result.Length) return;
        float scaled = (float)(p.Factor / (sum[0] + p.Least)) * x[i];
        if (p.Accumulate != 0) scaled += result[i];
        result[i] = scaled;
    }

    /// <summary>One group, which adds the sum.</summary>
    internal static void DeviationError(ArrayView<float> gram, ArrayView<float> sums, ArrayView<float> target, ArrayView<float> matrix, ArrayView<float> vector, ArrayView<double> parts, Deviation p)
    {
        double total = 0;
        for (int i = Group.IdxX; i < p.Order; i += IlgpuSums.GroupSize)
        {
            int diagonal = i * (p.Order + 1);
            double mean = sums[i] / p.Mass, variance = gram[diagonal] / p.Mass - mean * mean, deviation = variance > 0 ? Math.Sqrt(variance) : 0, e = deviation - target[i];
            total += e * e;
            if (deviation > 0)
            {
                double k = p.GradientFactor * e / deviation;
                matrix[diagonal] += (float)k;
                vector[i] -= (float)(k * mean);
            }
        }
        total = IlgpuSums.OfGroup(total);
        if (Group.IdxX == 0) parts[0] += p.ValueFactor * total;
    }

    /// <summary>Which channel a thread has: neighbours have neighbouring memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Channel(long thread, Parameters p) => (int)(p.ChannelStride == 1 ? thread % p.Stored : thread / p.Positions);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Position(long thread, Parameters p) => (int)(p.ChannelStride == 1 ? thread / p.Stored : thread % p.Positions);

    /// <summary>The place in the whole plane of a position of the region.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long At(int position, Parameters p) => (long)(p.Top + position / p.RegionWidth) * p.Width + p.Left + position % p.RegionWidth;
}
