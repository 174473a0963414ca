using ILGPU;
using Parameters = GpuStyle.Kernels.MatchKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// Nearest neighbors in two stages: the greatest products of each tile, then of all tiles in order.
/// <code>
/// scratch, grown when needed, kept: the greatest products of tiles (<see cref="MatchKernels"/>); on a host's cores the others in panels
/// </code>
/// </summary>
internal sealed class IlgpuNearest
{
    readonly IlgpuDevice device;
    readonly Action<Tensor, Tensor, ArrayView<float>, ArrayView<float>, Parameters> ofTiles;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, int, int> ofAll;
    IlgpuStorage? greatest, panels;

    public IlgpuNearest(IlgpuDevice device)
    {
        this.device = device;
        ofTiles = device.ForGpu ? OnGpu() : OnHost();
        ofAll = device.Load<ArrayView<float>, ArrayView<float>, int, int>(MatchKernels.Nearest);
    }

    public void Match(Tensor samples, Tensor others, Tensor? nearest, Tensor? nearestOfOthers)
    {
        int m = samples.Shape.Height, n = others.Shape.Height;
        long ofRows = 2L * Tiles(n) * m, ofColumns = 2L * Tiles(m) * n;
        var best = device.Grown(ref greatest, ofRows + ofColumns).Values<float>();
        ArrayView<float> rows = best.SubView(0, ofRows), columns = best.SubView(ofRows, ofColumns);
        ofTiles(samples, others, rows, columns,
            new() { Rows = m, Columns = n, Length = samples.Shape.Width, OfRows = nearest is null ? 0 : 1, OfColumns = nearestOfOthers is null ? 0 : 1 });
        if (nearest is not null) ofAll(device.Threads(m), rows, nearest.DeviceView(), m, Tiles(n));
        if (nearestOfOthers is not null) ofAll(device.Threads(n), columns, nearestOfOthers.DeviceView(), n, Tiles(m));
    }

    public void ForecastScratch(int samples, int others, int length, ScratchForecast forecast)
    {
        forecast.Add("greatest products", IlgpuStorage.Bytes(2L * Tiles(others) * samples + 2L * Tiles(samples) * others));
        if (!device.ForGpu) forecast.Add("packed samples", IlgpuStorage.Bytes(Packed(others, length)));
    }

    static int Tiles(int rows) => (rows + MatchKernels.Side - 1) / MatchKernels.Side;

    static long Packed(int rows, int length) => (rows + HostMatchKernels.PanelRows - 1L) / HostMatchKernels.PanelRows * HostMatchKernels.PanelRows * length;

    Action<Tensor, Tensor, ArrayView<float>, ArrayView<float>, Parameters> OnGpu()
    {
        var products = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(MatchKernels.Products);
        return (samples, others, rows, columns, p) =>
            products(device.Groups(Tiles(p.Rows), Tiles(p.Columns), MatchKernels.GroupSize), samples.DeviceView(), others.DeviceView(), rows, columns, p);
    }

    Action<Tensor, Tensor, ArrayView<float>, ArrayView<float>, Parameters> OnHost()
    {
        var pack = device.Load<ArrayView<float>, ArrayView<float>, int, int>(HostMatchKernels.Pack);
        var products = device.Load<ArrayView<float>, ArrayView<Float4>, ArrayView<float>, ArrayView<float>, Parameters>(HostMatchKernels.Products);
        return (samples, others, rows, columns, p) =>
        {
            long count = Packed(p.Columns, p.Length);
            var packed = device.Grown(ref panels, count).Values<float>().SubView(0, count);
            pack(device.Threads(count), others.DeviceView(), packed, p.Columns, p.Length);
            products(device.Groups(Tiles(p.Rows), Tiles(p.Columns), 1), samples.DeviceView(), packed.Quads(), rows, columns, p);
        };
    }
}
