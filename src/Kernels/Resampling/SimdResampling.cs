using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Resampling in two passes: rows into an intermediate (scratch, [C][H][W']), then columns. For
/// planar pictures. The destination is overwritten.
/// </summary>
internal sealed unsafe class SimdResampling(SimdDevice device) : IResampling
{
    public void Resize(Tensor source, Tensor destination, bool wrap)
    {
        var (from, to) = (source.Simd(), destination.Simd());
        if (from.Shape.Channels != to.Shape.Channels || from.Blocked) throw new ArgumentException($"A picture of {from.Shape} cannot be resampled to {to.Shape}.");
        var rows = new ResamplingWeights(from.Shape.Height, to.Shape.Height, wrap);
        var columns = new ResamplingWeights(from.Shape.Width, to.Shape.Width, wrap);
        int sourceRows = from.Shape.Channels * from.Shape.Height, width = to.Shape.Width;
        float* between = device.Temporary(Scratch.Picture, Between(from.Shape, to.Shape));
        fixed (int* index = columns.Index)
        fixed (float* weights = columns.Weights)
            device.Run(new RowsJob(from.Data, from.Shape.Width, between, width, index, weights, columns.Taps), sourceRows);
        fixed (int* index = rows.Index)
        fixed (float* weights = rows.Weights)
            device.Run(new ColumnsJob(between, from.Shape.Height, to.Data, to.Shape.Height, width, index, weights, rows.Taps), to.Groups * to.Shape.Height);
    }

    public void ForecastScratch(Shape source, Shape destination, ScratchForecast forecast) => SimdDevice.Forecast(forecast, Scratch.Picture, Between(source, destination));

    static long Between(Shape source, Shape destination) => (long)source.Channels * source.Height * destination.Width;

    /// <summary>An item is a row of the source at the destination's width.</summary>
    readonly struct RowsJob(float* source, int sourceWidth, float* between, int width, int* index, float* weights, int taps) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* from = source + (nint)item * sourceWidth, to = between + (nint)item * width;
            for (int x = 0; x < width; x++)
            {
                float sum = 0;
                for (int t = x * taps; t < (x + 1) * taps; t++) sum += weights[t] * from[index[t]];
                to[x] = sum;
            }
        }
    }

    /// <summary>An item is a row of the destination: a weighted sum of rows.</summary>
    readonly struct ColumnsJob(float* between, int sourceHeight, float* destination, int height, int width, int* index, float* weights, int taps) : IJob
    {
        public void Execute(int item, int worker)
        {
            int plane = item / height, y = item % height;
            float* to = destination + (nint)item * width;
            int x = 0;
            for (; x <= width - Vector<float>.Count; x += Vector<float>.Count)
            {
                var sum = Vector<float>.Zero;
                for (int t = y * taps; t < (y + 1) * taps; t++) sum += weights[t] * Vector.Load(Row(plane, t) + x);
                sum.Store(to + x);
            }
            for (; x < width; x++)
            {
                float sum = 0;
                for (int t = y * taps; t < (y + 1) * taps; t++) sum += weights[t] * Row(plane, t)[x];
                to[x] = sum;
            }
        }

        float* Row(int plane, int tap) => between + ((nint)plane * sourceHeight + index[tap]) * width;
    }
}
