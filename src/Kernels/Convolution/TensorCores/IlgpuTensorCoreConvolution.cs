using ILGPU;
using Launch = System.Action<ILGPU.KernelConfig, ILGPU.ArrayView<GpuStyle.Kernels.Float4>, ILGPU.ArrayView<GpuStyle.Kernels.Word4>, ILGPU.ArrayView<int>,
    ILGPU.ArrayView<GpuStyle.Kernels.Float4>, ILGPU.ArrayView<GpuStyle.Kernels.Float4>, ILGPU.ArrayView<GpuStyle.Kernels.Float4>,
    ILGPU.ArrayView<GpuStyle.Kernels.Float4>, GpuStyle.Kernels.TensorCoreConvolution.Parameters>;
using Parameters = GpuStyle.Kernels.TensorCoreConvolution.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// Both directions of the convolution on tensor cores (<see cref="TensorCoreConvolution"/>), and in float32 where either side has up to
/// three planes (<see cref="IlgpuConvolution"/>): the first layer does too little arithmetic for more.
/// </summary>
internal sealed class IlgpuTensorCoreConvolution : IConvolution
{
    readonly IlgpuDevice device;
    readonly IlgpuConvolution thin;
    readonly OperandScale? scale;
    readonly Lazy<(Launch Narrow, Launch Wide)> plain, average;

    public IlgpuTensorCoreConvolution(IlgpuDevice device)
    {
        this.device = device;
        thin = new(device);
        if (device.Precision == Precision.Fp16) scale = new(device);
        // What could not be compiled is tried again when it is asked for again.
        const LazyThreadSafetyMode retry = LazyThreadSafetyMode.PublicationOnly;
        (plain, average) = (new(Load<PlainSource>, retry), new(Load<AverageSource>, retry));
    }

    public Filter Prepare(int outputChannels, int inputChannels, ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias) =>
        Thin(outputChannels, inputChannels)
            ? thin.Prepare(outputChannels, inputChannels, kernel, bias)
            : new TensorCoreFilter(device, outputChannels, inputChannels, kernel.ToArray(), bias);

    public long StorageBytes(int outputChannels, int inputChannels) =>
        Thin(outputChannels, inputChannels)
            ? thin.StorageBytes(outputChannels, inputChannels)
            : TensorCoreFilter.StorageBytes(device, outputChannels, inputChannels);

    public void Forward(Filter filter, Tensor input, Tensor output, PooledMap? pooled)
    {
        if (filter is not TensorCoreFilter f)
        {
            thin.Forward(filter, input, output, pooled);
            return;
        }
        IConvolution.Check(filter, input, output);
        int flags = TiledConvolution.BiasAndRelu;
        if (pooled is { } map)
        {
            IPooling.Check(output, map.Values, map.Corner);
            flags |= IPooling.IsMean(map.Kind) ? TensorCoreConvolution.Average : TensorCoreConvolution.Largest;
        }
        Run(plain, input.OnIlgpu(), f.Forward, f, output.OnIlgpu(), output.OnIlgpu(), flags, pooled);
    }

    public void Gradient(Filter filter, Tensor outputGradient, Tensor inputGradient, Tensor? activation, bool accumulate, PooledMap? pooled)
    {
        if (filter is not TensorCoreFilter f) thin.Gradient(filter, outputGradient, inputGradient, activation, accumulate, pooled);
        // To find the largest of a square again takes more registers than there are.
        else if (pooled is { } map && !IPooling.IsMean(map.Kind))
            IConvolution.GradientUnfused(this, filter, outputGradient, inputGradient, activation, accumulate, map);
        else
        {
            IConvolution.Check(filter, inputGradient, outputGradient, activation);
            if (pooled is { } mean) IPooling.Check(outputGradient, mean.Values, mean.Corner);
            Run(pooled is null ? plain : this.average, outputGradient.OnIlgpu(), f.Backward, f, (activation ?? inputGradient).OnIlgpu(),
                inputGradient.OnIlgpu(), Flags(activation, accumulate), pooled);
        }
    }

    static int Flags(Tensor? activation, bool accumulate) => (accumulate ? TiledConvolution.Accumulate : 0) | (activation is null ? 0 : TiledConvolution.Mask);

    static bool Thin(int outputChannels, int inputChannels) => Math.Min(outputChannels, inputChannels) <= Layout.MostPlanes;

    void Run(Lazy<(Launch Narrow, Launch Wide)> kernels, IlgpuTensor input, IlgpuStorage weights, TensorCoreFilter filter, IlgpuTensor mask,
        IlgpuTensor output, int flags, PooledMap? map)
    {
        var (pooled, corner) = (map?.Values.OnIlgpu(), map?.Corner ?? default);
        Layout from = input.Layout, to = output.Layout;
        int across = (from.Width + TensorCoreConvolution.Across - 1) / TensorCoreConvolution.Across;
        int down = (from.Height + TensorCoreConvolution.Rows - 1) / TensorCoreConvolution.Rows;
        long groups = (long)across * down;
        var p = new Parameters
        {
            Height = from.Height,
            Width = from.Width,
            In = from.Inner / 4,
            Out = to.Inner / 4,
            Chunks = from.Inner / (4 * WarpTile.RowWords * (scale is null ? 1 : 2)),
            Flags = flags,
            PooledTop = corner.Top,
            PooledLeft = corner.Left,
            PooledHeight = pooled?.Layout.Height ?? 0,
            PooledWidth = pooled?.Layout.Width ?? 0,
            Unscale = filter.Unscale,
        };
        if (scale is not null)
        {
            scale.Begin();
            // A pooling's gradient, four times, is no larger than what it is read from.
            (p.LargestIn, p.LargestOut) = (scale.Find(kernels == plain ? input : pooled!), scale.Take());
        }
        bool wide = to.Inner % 128 == 0 && WideIsFaster(groups * to.Inner / 128);
        var (kernel, blocks) = wide ? (kernels.Value.Wide, WideWidth.Blocks) : (kernels.Value.Narrow, NarrowWidth.Blocks);
        var grid = device.Groups(across, down, TensorCoreConvolution.Threads, to.Inner / (TensorCoreConvolution.PackedChannels * blocks));
        kernel(grid, input.ZerosAndValues.Quads(), weights.Values<Word4>(),
            scale?.Largest ?? filter.Bias.Values<int>(), filter.Bias.Values<Float4>(), mask.Values.Quads(), output.Values.Quads(), (pooled ?? output).Values.Quads(), p);
        // Of an output that is pooled, which nobody convolves, only the pooled map's largest is found.
        scale?.Keep(p.LargestOut, kernels == plain && pooled is not null ? pooled : output);
    }

    /// <summary>
    /// Whether a number of wide groups are done before twice as many narrow ones: the fullest multiprocessor has at least two, which hide each
    /// other's waits, and no more work than narrow ones, at 85 % of the speed, would take it.
    /// </summary>
    bool WideIsFaster(long groups)
    {
        long fullest = (groups - 1) / device.Multiprocessors + 1, narrow = (2 * groups - 1) / device.Multiprocessors + 1;
        return fullest > 1 && 2 * fullest * 0.85 <= narrow;
    }

    (Launch Narrow, Launch Wide) Load<TSource>() where TSource : struct, IPatchSource =>
        (device.HasTensorCores, device.Precision) switch
        {
            (true, Precision.Fp16) => Load<HardwareCore<Float16Format>, TSource>(),
            (true, _) => Load<HardwareCore<Tf32Format>, TSource>(),
            (false, Precision.Fp16) => Load<EmulatedCore<Float16Format>, TSource>(),
            _ => Load<EmulatedCore<Tf32Format>, TSource>(),
        };

    (Launch Narrow, Launch Wide) Load<TCore, TSource>() where TCore : struct, ITensorCore where TSource : struct, IPatchSource =>
        (Load(TensorCoreConvolution.Kernel<TCore, NarrowWidth, TSource>), Load(TensorCoreConvolution.Kernel<TCore, WideWidth, TSource>));

    Launch Load(Action<ArrayView<Float4>, ArrayView<Word4>, ArrayView<int>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, ArrayView<Float4>, Parameters> kernel) =>
        device.Load(kernel);
}
