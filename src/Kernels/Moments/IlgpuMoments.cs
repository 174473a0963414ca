using ILGPU;
using Parameters = GpuStyle.Kernels.MomentKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// Moments on stored values, channels last or planar. Sums in two stages: groups add up chunks of positions, whose number depends on the
/// region alone, then one thread a channel adds the chunks in order.
/// <code>
/// scratch, grown when needed, kept: partial sums [chunk][channel] in double precision
/// </code>
/// </summary>
internal sealed class IlgpuMoments : IMoments
{
    /// <summary>Positions in a chunk at least, chunks at most.</summary>
    const int LeastChunk = 64, MostChunks = 512;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters> partialSums;
    readonly Action<KernelConfig, ArrayView<double>, ArrayView<float>, Parameters> addPartials;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters> scale, spread;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, MomentKernels.Deviation> deviation;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, MomentKernels.Quotient> divide;
    IlgpuStorage? partial;

    public IlgpuMoments(IlgpuDevice device)
    {
        this.device = device;
        var a = device.Accelerator;
        partialSums = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters>(MomentKernels.PartialSums);
        addPartials = device.Load<ArrayView<double>, ArrayView<float>, Parameters>(MomentKernels.AddPartials);
        scale = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(MomentKernels.Scale);
        spread = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(MomentKernels.Spread);
        divide = device.Load<ArrayView<float>, ArrayView<double>, ArrayView<float>, MomentKernels.Quotient>(MomentKernels.Divide);
        deviation = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, MomentKernels.Deviation>(MomentKernels.DeviationError);
    }

    public void Accumulate(Tensor features, Tensor? weights, Region region, Tensor sums)
    {
        IMoments.Check(features, weights, region, sums);
        var p = Of(features, weights, region);
        (p.Chunk, p.Chunks) = Cut(p.Positions);
        var scratch = device.Grown(ref partial, 2L * p.Chunks * p.Channels);
        partialSums(device.Groups(p.Chunks, (p.Channels + MomentKernels.GroupSize - 1) / MomentKernels.GroupSize, MomentKernels.GroupSize),
            features.DeviceView(), (weights ?? features).DeviceView(), scratch.Values<double>(), p);
        addPartials(device.Threads(p.Channels), scratch.Values<double>(), sums.DeviceView(), p);
    }

    public void ForecastScratch(Shape features, Region region, ScratchForecast forecast) =>
        forecast.Add("partial moments", IlgpuStorage.Bytes(2L * Cut(region.Height * region.Width).Chunks * features.Channels));

    /// <summary>Positions of a chunk, and chunks.</summary>
    static (int Chunk, int Chunks) Cut(int positions)
    {
        int chunk = Math.Max(LeastChunk, (positions + MostChunks - 1) / MostChunks);
        return (chunk, (positions + chunk - 1) / chunk);
    }

    public void Scale(Tensor x, Tensor weights, Region region, Tensor result, bool accumulate)
    {
        IMoments.Check(x, weights, region, null, result);
        if (!accumulate && !region.Covers(x.Shape)) device.Clear(result.DeviceView());
        var p = Of(x, weights, region);
        p.Accumulate = accumulate ? 1 : 0;
        scale(device.Threads(p.Values), x.DeviceView(), weights.DeviceView(), result.DeviceView(), p);
    }

    public void Spread(Tensor vector, Tensor? weights, Region region, Tensor result)
    {
        IMoments.Check(result, weights, region, vector);
        var p = Of(result, weights, region);
        spread(device.Threads(p.Values), vector.DeviceView(), (weights ?? vector).DeviceView(), result.DeviceView(), p);
    }

    public void Divide(Tensor x, double factor, ScalarSlot divisor, Tensor result, bool accumulate)
    {
        if (x.Shape != result.Shape) throw new ArgumentException($"{result.Shape} does not fit {x.Shape}.", nameof(result));
        divide(device.Threads(result.DeviceView().Length), x.DeviceView(), divisor.Total(), result.DeviceView(),
            new() { Accumulate = accumulate ? 1 : 0, Factor = factor, Least = IMoments.LeastDivisor });
    }

    public void DeviationError(Tensor gram, Tensor sums, double mass, Tensor target, ScalarSlot value, double valueFactor, Tensor matrix, Tensor vector, double gradientFactor)
    {
        IMoments.Check(gram, sums, target, matrix, vector);
        deviation(device.Groups(1, 1, IlgpuSums.GroupSize), gram.DeviceView(), sums.DeviceView(), target.DeviceView(), matrix.DeviceView(), vector.DeviceView(), value.Parts(),
            new() { Order = sums.Shape.Width, Mass = mass, ValueFactor = valueFactor, GradientFactor = gradientFactor });
    }

    static Parameters Of(Tensor features, Tensor? weights, Region region)
    {
        var layout = features.DeviceLayout();
        int plane = checked((int)features.Shape.Positions), positions = checked(region.Height * region.Width);
        return new()
        {
            Channels = features.Shape.Channels,
            Stored = layout.ChannelsLast ? layout.Inner : layout.Images,
            ChannelStride = layout.ChannelsLast ? 1 : plane,
            PositionStride = layout.Inner,
            Width = layout.Width,
            Top = region.Top,
            Left = region.Left,
            RegionWidth = region.Width,
            Positions = positions,
            Weighted = weights is null ? 0 : 1,
        };
    }
}
