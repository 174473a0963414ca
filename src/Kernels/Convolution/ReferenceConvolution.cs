using System.Numerics;

namespace GpuStyle.Kernels;

internal sealed class ReferenceFilter(int outputChannels, int inputChannels, double[] kernel, double[] bias)
    : Filter(outputChannels, inputChannels)
{
    public double[] Bias => bias;

    /// <summary>The weights [3,3] from an input channel to an output channel.</summary>
    public ReadOnlySpan<double> From(int c, int k) => kernel.AsSpan((k * InputChannels + c) * 9, 9);

    public override void Dispose() { }
}

internal sealed class ReferenceConvolution : IConvolution
{
    public Filter Prepare(int outputChannels, int inputChannels, ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias) =>
        new ReferenceFilter(outputChannels, inputChannels, Array.ConvertAll(kernel.ToArray(), v => (double)v), Array.ConvertAll(bias.ToArray(), v => (double)v));

    /// <summary>Filters lie outside the device's storage.</summary>
    public long StorageBytes(int outputChannels, int inputChannels) => 0;

    public void Forward(Filter filter, Tensor input, Tensor output, PooledMap? pooled)
    {
        if (pooled is { } map)
        {
            IConvolution.ForwardUnfused(this, filter, input, output, map);
            return;
        }
        IConvolution.Check(filter, input, output);
        var w = (ReferenceFilter)filter;
        var planes = new PaddedPlanes(input);
        Parallel.For(0, w.OutputChannels, k =>
        {
            double[] sums = planes.Sums(), taps = new double[Taps * w.InputChannels];
            Array.Fill(sums, w.Bias[k]);
            for (int c = 0; c < w.InputChannels; c++) w.From(c, k).CopyTo(taps.AsSpan(Taps * c));
            planes.AddWeighted(taps, (i, j) => (i, j), sums);
            for (int y = 0; y < planes.Height; y++)
            {
                var row = output.Row(k, y);
                for (int x = 0; x < row.Length; x++) row[x] = Math.Max(0, sums[y * planes.Pitch + x]);
            }
        });
    }

    public void Gradient(Filter filter, Tensor outputGradient, Tensor inputGradient, Tensor? activation, bool accumulate, PooledMap? pooled)
    {
        if (pooled is { } map)
        {
            IConvolution.GradientUnfused(this, filter, outputGradient, inputGradient, activation, accumulate, map);
            return;
        }
        IConvolution.Check(filter, inputGradient, outputGradient, activation);
        var w = (ReferenceFilter)filter;
        var planes = new PaddedPlanes(outputGradient);
        Parallel.For(0, w.InputChannels, c =>
        {
            double[] sums = planes.Sums(), taps = new double[Taps * w.OutputChannels];
            for (int y = 0; accumulate && y < planes.Height; y++) inputGradient.Row(c, y).CopyTo(sums.AsSpan(y * planes.Pitch));
            for (int k = 0; k < w.OutputChannels; k++) w.From(c, k).CopyTo(taps.AsSpan(Taps * k));
            planes.AddWeighted(taps, (i, j) => (2 - i, 2 - j), sums);
            for (int y = 0; y < planes.Height; y++)
            {
                Span<double> row = inputGradient.Row(c, y), mask = activation is null ? [] : activation.Row(c, y);
                for (int x = 0; x < row.Length; x++) row[x] = mask.Length > 0 && mask[x] <= 0 ? 0 : sums[y * planes.Pitch + x];
            }
        });
    }

    const int Taps = 9;

    /// <summary>
    /// A tensor's planes within a border of zeros, so that the sum over a position's neighbors needs no edges and a plane is one run of
    /// values. Sums have the planes' pitch, without the border: two values at the end of each row mean nothing.
    /// </summary>
    sealed class PaddedPlanes
    {
        static readonly int Step = 4 * Vector<double>.Count;

        readonly double[] values;
        readonly int channels, plane;

        public PaddedPlanes(Tensor tensor)
        {
            (channels, Height, Pitch) = (tensor.Shape.Channels, tensor.Shape.Height, tensor.Shape.Width + 2);
            plane = (Height + 2) * Pitch;
            // The last step goes beyond the last plane.
            values = new double[channels * plane + Step + 2];
            for (int c = 0; c < channels; c++)
                for (int y = 0; y < Height; y++) tensor.Row(c, y).CopyTo(values.AsSpan(c * plane + (y + 1) * Pitch + 1));
        }

        public int Height { get; }

        public int Pitch { get; }

        /// <summary>Room for the sums at every position.</summary>
        public double[] Sums() => new double[(Height * Pitch + Step - 1) / Step * Step];

        /// <summary>
        /// sums[y][x] += sum over planes c and taps (i, j), in that order, of taps[c][i][j] plane_c[y + at(i, j).Y][x + at(i, j).X].
        /// </summary>
        public void AddWeighted(ReadOnlySpan<double> taps, Func<int, int, (int Y, int X)> at, Span<double> sums)
        {
            Span<int> offsets = stackalloc int[Taps];
            for (int t = 0; t < Taps; t++) offsets[t] = at(t / 3, t % 3).Y * Pitch + at(t / 3, t % 3).X;
            int n = Vector<double>.Count;
            for (int p = 0; p < Height * Pitch; p += Step)
            {
                var to = sums.Slice(p, Step);
                Vector<double> first = new(to), second = new(to[n..]), third = new(to[(2 * n)..]), fourth = new(to[(3 * n)..]);
                for (int c = 0; c < channels; c++)
                {
                    var weights = taps.Slice(Taps * c, Taps);
                    for (int t = 0; t < weights.Length; t++)
                    {
                        var from = values.AsSpan(c * plane + p + offsets[t], Step);
                        var weight = new Vector<double>(weights[t]);
                        first = Vector.FusedMultiplyAdd(weight, new(from), first);
                        second = Vector.FusedMultiplyAdd(weight, new(from[n..]), second);
                        third = Vector.FusedMultiplyAdd(weight, new(from[(2 * n)..]), third);
                        fourth = Vector.FusedMultiplyAdd(weight, new(from[(3 * n)..]), fourth);
                    }
                }
                first.CopyTo(to);
                second.CopyTo(to[n..]);
                third.CopyTo(to[(2 * n)..]);
                fourth.CopyTo(to[(3 * n)..]);
            }
        }
    }
}
