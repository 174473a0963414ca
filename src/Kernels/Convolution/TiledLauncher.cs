using ILGPU;
using Parameters = GpuStyle.Kernels.TiledConvolution.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// <see cref="TiledConvolution"/> compiled for a device's tiling: shared by the convolutions and, as a 1x1 convolution with the
/// gradient's matrix for weights, by the Gram gradient.
/// </summary>
internal sealed class TiledLauncher
{
    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, Parameters> kernel;
    readonly int lanes, rows;

    public TiledLauncher(IlgpuDevice device)
    {
        this.device = device;
        (lanes, rows) = device.ForGpu ? (GpuTiling.Lanes, GpuTiling.Rows) : (HostTiling.Lanes, HostTiling.Rows);
        kernel = device.Load<ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, Parameters>(
            device.ForGpu ? TiledConvolution.Kernel<GpuTiling> : TiledConvolution.Kernel<HostTiling>);
    }

    public void Run(IlgpuTensor input, ArrayView<Float4> weights, ArrayView<Float4> bias, IlgpuTensor mask, IlgpuTensor output, Parameters p) =>
        kernel(Grid(p), input.ZerosAndValues.Quads(), weights, bias, mask.Values.Quads(), output.Values.Quads(), p);

    /// <summary>Groups along positions (x) and along tiles of outgoing channels (y).</summary>
    public KernelConfig Grid(Parameters p) => device.Groups((p.Positions + 4L * rows - 1) / (4 * rows), p.Out / (4 * lanes), lanes * rows);
}
