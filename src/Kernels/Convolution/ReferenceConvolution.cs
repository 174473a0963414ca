using System.Numerics;

namespace GpuStyle.Kernels;

internal sealed class ReferenceFilter(int outputChannels, int inputChannels, double[] kernel, double[] bias)
    : Filter(outputChannels, inputChannels)
{
    public double[] Bias => bias;

    public double this[int k, int c, int i, int j] => kernel[((k * InputChannels + c) * 3 + i) * 3 + j];

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
        int height = input.Shape.Height;
        Parallel.For(0, w.OutputChannels, k =>
        {
            for (int y = 0; y < height; y++)
            {
                var row = output.Row(k, y);
                row.Fill(w.Bias[k]);
                for (int c = 0; c < w.InputChannels; c++)
                    for (int i = 0; i < 3; i++)
                        if ((uint)(y + i - 1) < (uint)height)
                            for (int j = 0; j < 3; j++) AddShifted(row, input.Row(c, y + i - 1), j - 1, w[k, c, i, j]);
                for (int x = 0; x < row.Length; x++) row[x] = Math.Max(0, row[x]);
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
        int height = inputGradient.Shape.Height;
        Parallel.For(0, w.InputChannels, c =>
        {
            for (int y = 0; y < height; y++)
            {
                Span<double> to = inputGradient.Row(c, y), row = accumulate ? to : new double[to.Length];
                for (int k = 0; k < w.OutputChannels; k++)
                    for (int i = 0; i < 3; i++)
                        if ((uint)(y - i + 1) < (uint)height)
                            for (int j = 0; j < 3; j++) AddShifted(row, outputGradient.Row(k, y - i + 1), 1 - j, w[k, c, i, j]);
                if (activation is not null)
                {
                    var mask = activation.Row(c, y);
                    for (int x = 0; x < row.Length; x++) if (mask[x] <= 0) row[x] = 0;
                }
                row.CopyTo(to);
            }
        });
    }

    /// <summary>y[x] += factor source[x + shift], 0 outside.</summary>
    static void AddShifted(Span<double> y, ReadOnlySpan<double> source, int shift, double factor)
    {
        if (shift < 0) y = y[-shift..];
        else source = source[shift..];
        int length = Math.Min(y.Length, source.Length), x = 0;
        for (; x <= length - Vector<double>.Count; x += Vector<double>.Count)
            (new Vector<double>(y[x..]) + factor * new Vector<double>(source[x..])).CopyTo(y[x..]);
        for (; x < length; x++) y[x] += factor * source[x];
    }
}
