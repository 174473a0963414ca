using ILGPU;
using Parameters = GpuStyle.Kernels.TiledConvolution.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// Both directions of the convolution by the same four kernels, chosen by whether what is read and what is written are features
/// or up to three planes: <see cref="TiledConvolution"/> and <see cref="PlanarConvolution"/>.
/// </summary>
internal sealed class IlgpuConvolution : IConvolution
{
    readonly IlgpuDevice device;
    readonly TiledLauncher tiled;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, Parameters> thin;
    readonly Action<KernelConfig, ArrayView<Float4>, ArrayView<Float4>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters> planar;
    readonly Lazy<Action<KernelConfig, ArrayView<float>, ArrayView<Float4>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>>
        thinPlanar;

    public IlgpuConvolution(IlgpuDevice device)
    {
        this.device = device;
        tiled = device.Tiled;
        thin = device.Load<ArrayView<float>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, Parameters>(
            device.ForGpu ? TiledConvolution.ThinKernel<GpuTiling> : TiledConvolution.ThinKernel<HostTiling>);
        planar = device.Load<ArrayView<Float4>, ArrayView<Float4>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(PlanarConvolution.Kernel);
        thinPlanar = new(() => device.Load<ArrayView<float>, ArrayView<Float4>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(
            PlanarConvolution.ThinKernel), LazyThreadSafetyMode.PublicationOnly);
    }

    public Filter Prepare(int outputChannels, int inputChannels, ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias) =>
        new IlgpuFilter(device, outputChannels, inputChannels, kernel.ToArray(), bias);

    public long StorageBytes(int outputChannels, int inputChannels) => IlgpuFilter.StorageBytes(device, outputChannels, inputChannels);

    public void Forward(Filter filter, Tensor input, Tensor output, PooledMap? pooled)
    {
        if (pooled is { } map)
        {
            IConvolution.ForwardUnfused(this, filter, input, output, map);
            return;
        }
        IConvolution.Check(filter, input, output);
        var f = (IlgpuFilter)filter;
        Run(input.OnIlgpu(), f.Forward, f.Bias, output.OnIlgpu(), output.OnIlgpu(), TiledConvolution.BiasAndRelu);
    }

    public void Gradient(Filter filter, Tensor outputGradient, Tensor inputGradient, Tensor? activation, bool accumulate, PooledMap? pooled)
    {
        if (pooled is { } map)
        {
            IConvolution.GradientUnfused(this, filter, outputGradient, inputGradient, activation, accumulate, map);
            return;
        }
        IConvolution.Check(filter, inputGradient, outputGradient, activation);
        var f = (IlgpuFilter)filter;
        int flags = (accumulate ? TiledConvolution.Accumulate : 0) | (activation is null ? 0 : TiledConvolution.Mask);
        Run(outputGradient.OnIlgpu(), f.Backward, f.Bias, (activation ?? inputGradient).OnIlgpu(), inputGradient.OnIlgpu(), flags);
    }

    void Run(IlgpuTensor input, IlgpuStorage weights, IlgpuStorage bias, IlgpuTensor mask, IlgpuTensor output, int flags)
    {
        Layout from = input.Layout, to = output.Layout;
        var p = new Parameters
        {
            Height = from.Height,
            Width = from.Width,
            RegionWidth = from.Width,
            Positions = checked(from.Height * from.Width),
            In = from.ChannelsLast ? from.Inner / 4 : from.Images,
            Out = to.ChannelsLast ? to.Inner / 4 : to.Images,
            Radius = 1,
            Flags = flags,
        };
        var w = weights.Values<Float4>();
        if (to.ChannelsLast && from.ChannelsLast)
            tiled.Run(input, w, bias.Values<Float4>(), mask, output, p);
        else if (to.ChannelsLast)
            thin(tiled.Grid(p, tiled.Choices[0]), input.ZerosAndValues, w, bias.Values<Float4>(), mask.Values.Quads(), output.Values.Quads(), p);
        else if (from.ChannelsLast)
            planar(device.Groups((from.Width + PlanarConvolution.Across - 1) / PlanarConvolution.Across,
                (from.Height + PlanarConvolution.Down - 1) / PlanarConvolution.Down, PlanarConvolution.Threads),
                input.ZerosAndValues.Quads(), w, bias.Values<float>(), mask.Values, output.Values, p);
        else
            thinPlanar.Value(device.Threads(p.Positions), input.ZerosAndValues, w, bias.Values<float>(), mask.Values, output.Values, p);
    }
}
