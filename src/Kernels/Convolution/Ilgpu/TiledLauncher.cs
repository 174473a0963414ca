using System.Diagnostics;
using ILGPU;
using Parameters = GpuStyle.Kernels.TiledConvolution.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// <see cref="TiledConvolution"/> compiled for a device's tiling: shared by the convolutions and, as a 1x1 convolution with the
/// gradient's matrix for weights, by the Gram gradient. It is compiled, and its groups are measured, when it first runs: tensor cores leave
/// it nothing to do.
/// </summary>
internal sealed class TiledLauncher
{
    /// <summary>Times a candidate is run to be measured.</summary>
    const int Tries = 3;

    readonly IlgpuDevice device;
    readonly Lazy<Action<KernelConfig, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, Parameters>> kernel;
    readonly int lanes;
    int? rows;

    public TiledLauncher(IlgpuDevice device)
    {
        this.device = device;
        lanes = device.ForGpu ? GpuTiling.Lanes : HostTiling.Lanes;
        kernel = new(() => device.Load<ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, Parameters>(
            device.ForGpu ? TiledConvolution.Kernel<GpuTiling> : TiledConvolution.Kernel<HostTiling>), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>Rows of threads that a group may have, each of 4 positions, the usual first. A thread does the same whatever group it is in.</summary>
    public IReadOnlyList<int> Choices => device.ForGpu ? [32, 16, 64, 8] : [8, 4, 16, 32];

    /// <summary>Rows of threads of a group.</summary>
    public int Rows
    {
        get => rows ??= device.CacheFolder is not { } folder ? Choices[0]
            : Tuning.Kept(folder, device.TuningKey, Choices, () => Tuning.Fastest(Choices, Seconds));
        set => rows = value;
    }

    public void Run(IlgpuTensor input, ArrayView<Float4> weights, ArrayView<Float4> bias, IlgpuTensor mask, IlgpuTensor output, Parameters p) =>
        Run(Rows, input, weights, bias, mask, output, p);

    /// <summary>Groups of so many rows of threads along positions (x), and along tiles of outgoing channels (y).</summary>
    public KernelConfig Grid(Parameters p, int rows) => device.Groups((p.Positions + 4L * rows - 1) / (4 * rows), p.Out / (4 * lanes), lanes * rows);

    void Run(int rows, IlgpuTensor input, ArrayView<Float4> weights, ArrayView<Float4> bias, IlgpuTensor mask, IlgpuTensor output,
        Parameters p) =>
        kernel.Value(Grid(p, rows), input.ZerosAndValues.Quads(), weights, bias, mask.Values.Quads(), output.Values.Quads(), p);

    /// <summary>The least time of a 3x3 convolution like those of the network's middle.</summary>
    double Seconds(int rows)
    {
        int channels = 4 * device.ChannelTile, side = device.ForGpu ? 64 : 32;
        using var input = (IlgpuTensor)device.Allocate(new(channels, side, side));
        using var output = (IlgpuTensor)device.Allocate(input.Shape);
        using var weights = new IlgpuStorage(device, 9L * channels * channels);
        Parameters p = new() { Height = side, Width = side, RegionWidth = side, Positions = side * side, In = channels / 4, Out = channels / 4, Radius = 1 };
        double least = double.PositiveInfinity;
        for (int i = 0; i <= Tries; i++)
        {
            device.Stream.Synchronize();
            long start = Stopwatch.GetTimestamp();
            Run(rows, input, weights.Values<Float4>(), weights.Values<Float4>(), output, output, p);
            device.Stream.Synchronize();
            if (i > 0) least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return least;
    }
}
