using ILGPU;
using Parameters = GpuStyle.Kernels.GramKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// Gram matrices and their gradient on tensor cores, in TF32 whatever convolutions use: they are a twentieth of an evaluation's
/// arithmetic. Up to three planes go to <see cref="IlgpuGram"/>.
/// <code>
/// scratch, grown when needed, kept: partial matrices [share][pair of tiles][64][64]; packed D [stored][stored]
/// </code>
/// </summary>
internal sealed class IlgpuTensorCoreGram : IGram
{
    /// <summary>Groups that a Gram matrix is shared between, as far as each has <see cref="LeastShare"/> positions: some for every multiprocessor.</summary>
    const int Groups = 256;

    const int LeastShare = 256;

    readonly IlgpuDevice device;
    readonly IlgpuGram planar;
    readonly Action<KernelConfig, ArrayView<Word4>, ArrayView<Float4>, Parameters> products;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, Parameters> addPartials;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<uint>, int, int> pack;
    readonly Action<KernelConfig, ArrayView<Word4>, ArrayView<Word4>, ArrayView<Float4>, Parameters> gradientKernel;
    IlgpuStorage? partial, packed;

    public IlgpuTensorCoreGram(IlgpuDevice device)
    {
        this.device = device;
        planar = new(device);
        Action<ArrayView<Word4>, ArrayView<Float4>, Parameters> shares = device.HasTensorCores
            ? TensorCoreGram.Products<HardwareCore<Tf32Format>>
            : TensorCoreGram.Products<EmulatedCore<Tf32Format>>;
        Action<ArrayView<Word4>, ArrayView<Word4>, ArrayView<Float4>, Parameters> back =
            device.HasTensorCores
                ? TensorCoreGramGradient.Kernel<HardwareCore<Tf32Format>>
                : TensorCoreGramGradient.Kernel<EmulatedCore<Tf32Format>>;
        products = device.Load(shares);
        gradientKernel = device.Load(back);
        addPartials = device.Load<ArrayView<float>, ArrayView<float>, Parameters>(TensorCoreGram.AddPartials);
        pack = device.Load<ArrayView<float>, ArrayView<uint>, int, int>(TensorCoreGramGradient.Pack);
    }

    public void Accumulate(Tensor features, Region region, Tensor gram)
    {
        if (!features.DeviceLayout().ChannelsLast)
        {
            planar.Accumulate(features, region, gram);
            return;
        }
        IGram.Check(features, region, gram);
        var p = IlgpuGram.Of(features, region);
        p.Tiles = features.DeviceLayout().Inner / TensorCoreGram.Tile;
        (int pairs, p.Chunk, p.Chunks) = Cut(p.Tiles, p.Positions);
        var scratch = device.Grown(ref partial, PartialFloats(pairs, p.Chunks));
        products(device.Groups(pairs, p.Chunks, TensorCoreGram.Threads), features.OnIlgpu().ZerosAndValues.Cast<Word4>(),
            scratch.Values<Float4>(), p);
        int entries = checked(p.Channels * p.Channels);
        int groups = (entries + TensorCoreGram.Entries - 1) / TensorCoreGram.Entries;
        addPartials(device.Groups(groups, 1, TensorCoreGram.Entries * TensorCoreGram.Slices),
            scratch.Values<float>(), gram.DeviceView(), p);
    }

    public void ForecastScratch(Shape features, Region region, ScratchForecast forecast)
    {
        var layout = device.LayoutOf(features);
        if (!layout.ChannelsLast) return;
        var (pairs, _, chunks) = Cut(layout.Inner / TensorCoreGram.Tile, region.Height * region.Width);
        forecast.Add("partial Gram matrices", IlgpuStorage.Bytes(PartialFloats(pairs, chunks)));
        forecast.Add("packed matrix", IlgpuStorage.Bytes((long)layout.Inner * layout.Inner));
    }

    /// <summary>Pairs of tiles of the matrix, positions of a share, and shares.</summary>
    static (int Pairs, int Chunk, int Chunks) Cut(int tiles, int positions)
    {
        int pairs = tiles * (tiles + 1) / 2, shares = Math.Max(1, Groups / pairs);
        int share = Math.Max(LeastShare, (positions + shares - 1) / shares);
        int chunk = (share + TensorCoreGram.Step - 1) / TensorCoreGram.Step * TensorCoreGram.Step;
        return (pairs, chunk, (positions + chunk - 1) / chunk);
    }

    static long PartialFloats(int pairs, int chunks) => (long)chunks * pairs * TensorCoreGram.Tile * TensorCoreGram.Tile;

    public void Gradient(Tensor features, Region region, Tensor matrix, Tensor gradient, bool accumulate)
    {
        if (!features.DeviceLayout().ChannelsLast)
        {
            planar.Gradient(features, region, matrix, gradient, accumulate);
            return;
        }
        IGram.Check(features, region, matrix, gradient);
        if (!accumulate && !region.Covers(features.Shape)) device.Clear(gradient.DeviceView());
        int stored = features.DeviceLayout().Inner;
        var p = IlgpuGram.Of(features, region);
        p.Accumulate = accumulate ? 1 : 0;
        var weights = device.Grown(ref packed, (long)stored * stored);
        pack(device.Threads((long)stored * stored), matrix.DeviceView(), weights.Values<uint>(), p.Channels, stored);
        int across = (p.Positions + TensorCoreGramGradient.Positions - 1) / TensorCoreGramGradient.Positions;
        gradientKernel(device.Groups(across, stored / 64, TensorCoreGramGradient.Threads),
            features.OnIlgpu().ZerosAndValues.Cast<Word4>(), weights.Values<Word4>(), gradient.DeviceView().Quads(), p);
    }
}
