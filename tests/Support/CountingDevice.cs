using GpuStyle.Kernels;

namespace GpuStyle.Tests.Support;

/// <summary>A device that computes as another does and counts convolutions.</summary>
internal sealed class CountingDevice(Device inner) : WrappedDevice(inner)
{
    /// <summary>Filters whose weights were prepared.</summary>
    public int Prepared { get; private set; }

    /// <summary>Convolutions on the way forward.</summary>
    public int Forwards { get; private set; }

    public override IConvolution Convolution => new Counting(this);

    IConvolution Own => Inner.Convolution;

    sealed class Counting(CountingDevice device) : IConvolution
    {
        public Filter Prepare(int outputChannels, int inputChannels, ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias)
        {
            device.Prepared++;
            return device.Own.Prepare(outputChannels, inputChannels, kernel, bias);
        }

        public long StorageBytes(int outputChannels, int inputChannels) => device.Own.StorageBytes(outputChannels, inputChannels);

        public void ForecastScratch(int outputChannels, int inputChannels, int height, int width, bool backward, ScratchForecast forecast) =>
            device.Own.ForecastScratch(outputChannels, inputChannels, height, width, backward, forecast);

        public void Forward(Filter filter, Tensor input, Tensor output)
        {
            device.Forwards++;
            device.Own.Forward(filter, input, output);
        }

        public void Forward(Filter filter, Tensor input, Tensor output, PoolingKind kind, Tensor pooled, Corner corner)
        {
            device.Forwards++;
            device.Own.Forward(filter, input, output, kind, pooled, corner);
        }

        public void Gradient(Filter filter, Tensor outputGradient, Tensor inputGradient, Tensor? activation, bool accumulate) =>
            device.Own.Gradient(filter, outputGradient, inputGradient, activation, accumulate);

        public void Gradient(Filter filter, PoolingKind kind, Tensor output, Tensor pooledGradient, Tensor inputGradient, Tensor? activation, bool accumulate, Corner corner) =>
            device.Own.Gradient(filter, kind, output, pooledGradient, inputGradient, activation, accumulate, corner);
    }
}
