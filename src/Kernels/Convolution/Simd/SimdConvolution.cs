namespace GpuStyle.Kernels;

/// <summary>
/// 3x3 convolution without im2col: a table of segments (input group, tap) tells the micro-kernel where each sixteen of its
/// inputs start; the zero border of the feature maps stands for the padding.
/// <code>
/// feature maps to feature maps   micro-kernel over the padded rows                    [C/16][H+2][W+2][16]
/// picture to feature maps        the same on a bordered copy of the picture           [C][H+2][W+2] (scratch)
/// anything to a picture          narrow kernel, sums across the input channels        [C][H][W]
/// </code>
/// Poolings beside Winograd's algorithms go with their tiles; backwards those whose ReLU mask alone was kept. Outputs are overwritten whole and have a border of zeros afterwards.
/// </summary>
internal sealed unsafe class SimdConvolution<TVector>(SimdDevice device, bool exact) : IConvolution
    where TVector : struct, ISimd<TVector>
{
    public Filter Prepare(int outputChannels, int inputChannels, ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias)
    {
        if (kernel.Length != (long)SimdWeights.Taps * outputChannels * inputChannels || bias.Length != outputChannels)
            throw new ArgumentException($"{kernel.Length} weights and {bias.Length} biases are no {inputChannels} to {outputChannels} convolution.", nameof(kernel));
        var biases = device.Reserve(SimdTensor.WholeGroups(outputChannels) + MicroKernel<TVector, BlockedInput>.Columns);
        bias.CopyTo(new Span<float>(biases.Data, outputChannels));
        DirectionWeights? forward = null;
        try
        {
            fixed (float* weights = kernel)
            {
                forward = Pack(weights, outputChannels, inputChannels, false);
                return new SimdFilter(device, forward, Pack(weights, outputChannels, inputChannels, true), biases);
            }
        }
        catch
        {
            if (forward is not null) device.Free(forward.Block);
            device.Free(biases);
            throw;
        }
    }

    public long StorageBytes(int outputChannels, int inputChannels)
    {
        long Floats(int outputs, int inputs) => Algorithm(outputs, inputs) switch
        {
            SimdAlgorithm.Winograd4 => WinogradWeights<WinogradTile4>.Sizes<TVector>(outputs, inputs).Floats,
            SimdAlgorithm.Winograd6 => WinogradWeights<WinogradTile6>.Sizes<TVector>(outputs, inputs).Floats,
            _ => SimdWeights.Sizes(outputs, inputs, MicroKernel<TVector, BlockedInput>.Columns).Floats,
        };
        return NativeBlock.BytesFor(Floats(outputChannels, inputChannels)) + NativeBlock.BytesFor(Floats(inputChannels, outputChannels))
            + NativeBlock.BytesFor(SimdTensor.WholeGroups(outputChannels) + MicroKernel<TVector, BlockedInput>.Columns);
    }

    public void ForecastScratch(int outputChannels, int inputChannels, int height, int width, bool backward, ScratchForecast forecast)
    {
        Direction(outputChannels, inputChannels);
        if (backward) Direction(inputChannels, outputChannels);

        void Direction(int outputs, int inputs)
        {
            switch (Algorithm(outputs, inputs))
            {
                case SimdAlgorithm.Winograd4:
                    WinogradConvolution<TVector, WinogradTile4>.Forecast(device, outputs, inputs, height, width, forecast);
                    break;
                case SimdAlgorithm.Winograd6:
                    WinogradConvolution<TVector, WinogradTile6>.Forecast(device, outputs, inputs, height, width, forecast);
                    break;
                default:
                    SimdDevice.Forecast(forecast, Scratch.Segments, SegmentFloats(SimdWeights.Sizes(outputs, inputs, MicroKernel<TVector, BlockedInput>.Columns).Groups));
                    if (SimdWeights.IsPlanar(outputs))
                    {
                        SimdDevice.ForecastCopy(forecast, new(inputs, height, width));
                        break;
                    }
                    TileJob<TVector, BlockedInput, BiasRelu<TVector>>.Forecast(device, forecast);
                    if (SimdWeights.IsPlanar(inputs)) SimdDevice.Forecast(forecast, Scratch.Picture, BorderedFloats(inputs, height, width));
                    break;
            }
        }
    }

    static long SegmentFloats(int groups) => 2L * groups * SimdWeights.Taps;

    static long BorderedFloats(int channels, int height, int width) => (long)channels * (height + 2) * (width + 2);

    SimdAlgorithm Algorithm(int k, int c) => SimdAlgorithms.Choose(k, c, exact);

    DirectionWeights Pack(float* kernel, int k, int c, bool turned) => Algorithm(k, c) switch
    {
        SimdAlgorithm.Winograd4 => WinogradWeights<WinogradTile4>.Transform<TVector>(device, kernel, k, c, turned),
        SimdAlgorithm.Winograd6 => WinogradWeights<WinogradTile6>.Transform<TVector>(device, kernel, k, c, turned),
        _ => SimdWeights.Pack(device, kernel, k, c, turned, MicroKernel<TVector, BlockedInput>.Columns),
    };

    public void Forward(Filter filter, Tensor input, Tensor output, PooledMap? pooled)
    {
        var own = (SimdFilter)filter;
        if (pooled is { } unfused && own.Forward is SimdWeights)
        {
            IConvolution.ForwardUnfused(this, filter, input, output, unfused);
            return;
        }
        IConvolution.Check(filter, input, output);
        if (pooled is not { } map)
        {
            var to = output.Simd();
            if (to.Blocked) ToMaps(own.Forward, input.Simd(), to, new BiasRelu<TVector>(own.Bias));
            else ToPlanes((SimdWeights)own.Forward, input, to, own.Bias, null, false);
            return;
        }
        IPooling.Check(output, map.Values, map.Corner);
        var mask = Mask(output, map.Kind);
        SimdBorder.Clear(device, map.Values.Simd());
        ToMaps(own.Forward, input.Simd(), mask ?? output.Simd(), new BiasRelu<TVector>(own.Bias),
            outputPooling: new(map.Kind, map.Values.Simd(), map.Corner, mask));
    }

    public void Gradient(Filter filter, Tensor outputGradient, Tensor inputGradient, Tensor? activation, bool accumulate, PooledMap? pooled)
    {
        IConvolution.Check(filter, inputGradient, outputGradient, activation);
        var own = (SimdFilter)filter;
        if (pooled is not { } map)
        {
            var (gradient, kept) = (inputGradient.Simd(), activation?.Simd());
            if (gradient.Blocked) ToMaps(own.Gradient, outputGradient.Simd(), gradient, Masked(gradient, kept, accumulate));
            else ToPlanes((SimdWeights)own.Gradient, outputGradient, gradient, null, kept is null ? null : kept.Data, accumulate);
            return;
        }
        if (own.Gradient is SimdWeights || Mask(outputGradient, map.Kind) is not { } mask)
        {
            IConvolution.GradientUnfused(this, filter, outputGradient, inputGradient, activation, accumulate, map);
            return;
        }
        IPooling.Check(outputGradient, map.Values, map.Corner);
        var to = inputGradient.Simd();
        ToMaps(own.Gradient, mask, to, Masked(to, activation?.Simd(), accumulate), inputPooling: new(map.Kind, map.Values.Simd(),
            map.Corner, mask));
    }

    /// <summary>The output that is pooled, if its ReLU mask is all that is kept of it.</summary>
    static SimdTensor? Mask(Tensor output, PoolingKind kind) => output is not SimdTensor { Layout: SimdLayout.Mask } mask ? null
        : IPooling.IsMean(kind) ? mask
        : throw new ArgumentException($"A ReLU mask of {output.Shape} does not say what a {kind} pooling took.");

    static AddMask<TVector> Masked(SimdTensor to, SimdTensor? mask, bool accumulate) =>
        new(accumulate, mask is not null, mask is null ? 0 : (nint)mask.Data - (nint)to.Data);

    /// <summary>Poolings, and what they mask by instead of inputs or outputs, go with Winograd's algorithms alone.</summary>
    void ToMaps<TEpilogue>(DirectionWeights packed, SimdTensor from, SimdTensor to, TEpilogue epilogue, WinogradPooling inputPooling = default, WinogradPooling outputPooling = default)
        where TEpilogue : unmanaged, IEpilogue<TVector>
    {
        SimdBorder.Clear(device, to);
        switch (packed)
        {
            case WinogradWeights<WinogradTile4> weights:
                WinogradConvolution<TVector, WinogradTile4>.Run(device, weights, from, to, epilogue, inputPooling, outputPooling);
                break;
            case WinogradWeights<WinogradTile6> weights:
                WinogradConvolution<TVector, WinogradTile6>.Run(device, weights, from, to, epilogue, inputPooling, outputPooling);
                break;
            default:
                Direct((SimdWeights)packed, from, to, epilogue);
                break;
        }
    }

    void Direct<TEpilogue>(SimdWeights weights, SimdTensor from, SimdTensor to, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue<TVector>
    {
        var (height, width) = (to.Shape.Height, to.Shape.Width);
        float* data = from.Blocked ? from.Data : Bordered(from);
        nint groupFloats = (nint)to.Rows * to.Pitch * (from.Blocked ? SimdTensor.BlockChannels : 1);
        nint* segments = Segments(weights.Groups, groupFloats, to.Pitch, from.Lanes);
        var work = new TileWork
        {
            Input = data,
            Segments = segments,
            SegmentCount = weights.Segments,
            Weights = weights.Panel(0),
            PanelFloats = weights.PanelFloats,
            Output = to.Pixel(0),
            OutputGroupFloats = to.GroupFloats,
            OutputGroups = to.Groups,
            Spans = 1,
            SpanPitch = 0,
            SpanPixels = (height - 1) * to.Pitch + width,
            RowPitch = to.Pitch,
            RowPixels = width,
            NonTemporal = !epilogue.ReadsOutput && CacheSizes.Passes(to.Floats * sizeof(float)),
        };
        if (from.Blocked) TileJob<TVector, BlockedInput, TEpilogue>.Run(device, work, epilogue);
        else TileJob<TVector, PlanarInput, TEpilogue>.Run(device, work, epilogue);
    }

    void ToPlanes(SimdWeights weights, Tensor input, SimdTensor to, float* bias, float* activation, bool accumulate)
    {
        var from = SimdTransfer.Blocked(device, input);
        nint* segments = Segments(weights.Groups, from.GroupFloats, from.Pitch, from.Lanes);
        device.Run(new NarrowJob<TVector>(from.Data, segments, weights.Segments, from.RowFloats, weights.Panel(0), weights.PanelFloats,
            to.Data, to.Shape, bias, activation, accumulate), weights.Panels * to.Shape.Height);
    }

    /// <summary>Offsets of each group's nine taps from the upper left one of the first group.</summary>
    nint* Segments(int groups, nint groupFloats, int pitch, int lanes)
    {
        nint* segments = (nint*)device.Temporary(Scratch.Segments, SegmentFloats(groups));
        for (int g = 0; g < groups; g++)
            for (int tap = 0; tap < SimdWeights.Taps; tap++)
                segments[g * SimdWeights.Taps + tap] = g * groupFloats + (tap / 3 * pitch + tap % 3) * lanes;
        return segments;
    }

    /// <summary>A planar picture with a border of zeros.</summary>
    float* Bordered(SimdTensor picture)
    {
        var (channels, height, width) = picture.Shape;
        float* copy = device.Temporary(Scratch.Picture, BorderedFloats(channels, height, width));
        device.Run(new BorderedJob(picture.Data, copy, height, width), channels * (height + 2));
        return copy;
    }

    readonly struct BorderedJob(float* picture, float* copy, int height, int width) : IJob
    {
        public void Execute(int item, int worker)
        {
            int channel = item / (height + 2), y = item % (height + 2) - 1;
            var to = new Span<float>(copy + (nint)item * (width + 2), width + 2);
            to.Clear();
            if ((uint)y < (uint)height) new Span<float>(picture + ((nint)channel * height + y) * width, width).CopyTo(to[1..]);
        }
    }
}
