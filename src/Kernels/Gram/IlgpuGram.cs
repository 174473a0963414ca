using ILGPU;
using Parameters = GpuStyle.Kernels.GramKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// Gram matrices in two stages - partial matrices over chunks of positions, whose number depends on the region alone, then their
/// sum - and the gradient as a 1x1 convolution with the packed matrix. Accumulate adds to the matrix; the gradient is added to
/// or overwritten whole.
/// <code>
/// scratch, grown when needed, kept: partial matrices [chunk][stored][stored]; weights [stored][stored]
/// </code>
/// </summary>
internal sealed class IlgpuGram : IGram
{
    /// <summary>Positions in a chunk at least, chunks at most.</summary>
    const int LeastChunk = 1024, MostChunks = 256;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<Float4>, ArrayView<Float4>, Parameters> products;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, Parameters> addPartials, thin;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, int, int> packMatrix;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters> thinGradient;
    IlgpuStorage? partial, weights;

    public IlgpuGram(IlgpuDevice device)
    {
        this.device = device;
        products = device.Load<ArrayView<Float4>, ArrayView<Float4>, Parameters>(device.ForGpu ? GramKernels.Products<GpuTiling> : GramKernels.Products<HostTiling>);
        addPartials = device.Load<ArrayView<float>, ArrayView<float>, Parameters>(GramKernels.AddPartials);
        packMatrix = device.Load<ArrayView<float>, ArrayView<float>, int, int>(device.ForGpu ? GramKernels.PackMatrix<GpuTiling> : GramKernels.PackMatrix<HostTiling>);
        thin = device.Load<ArrayView<float>, ArrayView<float>, Parameters>(GramKernels.Thin);
        thinGradient = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(GramKernels.ThinGradient);
    }

    public void Accumulate(Tensor features, Region region, Tensor gram)
    {
        IGram.Check(features, region, gram);
        var layout = features.DeviceLayout();
        var p = Of(features, region);
        if (!layout.ChannelsLast)
        {
            thin(device.Groups(p.Channels * p.Channels, 1, GramKernels.ThinGroup), features.DeviceView(), gram.DeviceView(), p);
            return;
        }
        (p.Chunk, p.Chunks) = Cut(p.Positions);
        p.Tiles = layout.Inner / device.ChannelTile;
        var scratch = device.Grown(ref partial, (long)p.Chunks * layout.Inner * layout.Inner);
        products(device.Groups(p.Tiles * p.Tiles, p.Chunks, device.ChannelTile / 16 * device.ChannelTile / 4), features.DeviceView().Quads(), scratch.Values<Float4>(), p);
        addPartials(device.Threads((long)p.Channels * p.Channels), scratch.Values<float>(), gram.DeviceView(), p);
    }

    public void Gradient(Tensor features, Region region, Tensor matrix, Tensor gradient, bool accumulate)
    {
        IGram.Check(features, region, matrix, gradient);
        if (gradient.Shape != features.Shape) throw new ArgumentException($"The gradient of {features.Shape} cannot be {gradient.Shape}.", nameof(gradient));
        if (!accumulate && !region.Covers(features.Shape)) device.Clear(gradient.DeviceView());
        var layout = features.DeviceLayout();
        var p = Of(features, region);
        if (!layout.ChannelsLast)
        {
            p.Accumulate = accumulate ? 1 : 0;
            thinGradient(device.Threads(p.Positions), features.DeviceView(), matrix.DeviceView(), gradient.DeviceView(), p);
            return;
        }
        var packed = device.Grown(ref weights, (long)layout.Inner * layout.Inner);
        int tile = device.ChannelTile;
        packMatrix(device.Groups((layout.Inner * tile + 255) / 256, layout.Inner / tile, 256), matrix.DeviceView(), packed.Values<float>(), p.Channels, layout.Inner);
        device.Tiled.Run(features.OnIlgpu(), packed.Values<Float4>(), packed.Values<Float4>(), gradient.OnIlgpu(), gradient.OnIlgpu(), new()
        {
            Height = p.Height,
            Width = p.Width,
            Top = p.Top,
            Left = p.Left,
            RegionWidth = p.RegionWidth,
            Positions = p.Positions,
            In = p.Quads,
            Out = p.Quads,
            Radius = 0,
            Flags = accumulate ? TiledConvolution.Accumulate : 0,
        });
    }

    public void ForecastScratch(Shape features, Region region, ScratchForecast forecast)
    {
        var layout = device.LayoutOf(features);
        if (!layout.ChannelsLast) return;
        long matrix = (long)layout.Inner * layout.Inner;
        forecast.Add("partial Gram matrices", IlgpuStorage.Bytes(Cut(region.Height * region.Width).Chunks * matrix));
        forecast.Add("packed matrix", IlgpuStorage.Bytes(matrix));
    }

    /// <summary>Positions of a chunk, and chunks.</summary>
    static (int Chunk, int Chunks) Cut(int positions)
    {
        int chunk = Math.Max(LeastChunk, (positions + MostChunks - 1) / MostChunks);
        return (chunk, (positions + chunk - 1) / chunk);
    }

    /// <summary>The parameters that follow from the shapes.</summary>
    internal static Parameters Of(Tensor features, Region region) => new()
    {
        Height = features.Shape.Height,
        Width = features.Shape.Width,
        Top = region.Top,
        Left = region.Left,
        RegionWidth = region.Width,
        Positions = checked(region.Height * region.Width),
        Quads = features.DeviceLayout().Inner / 4,
        Channels = features.Shape.Channels,
    };
}
