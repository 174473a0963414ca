namespace GpuStyle.Kernels;

/// <summary>
/// 3x3 convolution between feature maps by Winograd's minimal filtering (<see cref="IWinogradTile"/>), in blocks of tiles.
/// <code>
/// inputs   [frequency][group]                       =  B^T d B, a group having a tile for each row of the micro-kernel
/// weights  [frequency][panel]                       =  G g G^T, made once
/// products [frequency][group][panel][row][columns]
/// outputs                                           =  A^T products A, then the epilogue
/// </code>
/// What lies in a group and a panel: <see cref="WinogradOperands{TVector, TTile}"/>.
/// Where weights are few a worker takes a block of its own through all stages in its cache; where they are many the team
/// works on one large block, stage by stage, so that each weight is read once a block. Maps of few groups are shared too.
/// </summary>
internal static unsafe class WinogradConvolution<TVector, TTile>
    where TVector : struct, ISimd<TVector>
    where TTile : struct, IWinogradTile
{
    const int Lanes = SimdTensor.BlockChannels;

    /// <summary>Items of a stage for each worker on a shared block: enough for all to end at nearly the same time.</summary>
    const int ItemsPerThread = 4;

    static int Rows => WinogradStages<TVector, TTile>.Rows;
    static int Frequencies => WinogradStages<TVector, TTile>.Frequencies;

    static nint InputFloats(int inputGroups) => WinogradOperands<TVector, TTile>.InputFloats(inputGroups);

    public static void Run<TEpilogue>(SimdDevice device, WinogradWeights<TTile> weights, SimdTensor from, SimdTensor to, TEpilogue epilogue, WinogradPooling inputPooling, WinogradPooling outputPooling)
        where TEpilogue : unmanaged, IEpilogue<TVector>
    {
        var (height, width) = (to.Shape.Height, to.Shape.Width);
        var (across, tiles, groups) = Tiles(height, width);
        var (cut, inputFrequency, productFrequency) = Cut(groups, from.Groups, weights.Panels, weights.Block.Bytes, device.Threads);
        nint blockFloats = Frequencies * (inputFrequency + productFrequency);
        float* space = device.Temporary(Scratch.Transformed, blockFloats * (cut.Shared ? 1 : device.Threads));
        nint* segments = (nint*)device.Temporary(Scratch.Segments, 2L * from.Groups);
        for (int i = 0; i < from.Groups; i++) segments[i] = i * Rows * Lanes;
        var work = new WinogradWork
        {
            Input = from.Data,
            InputGroupFloats = from.GroupFloats,
            InputGroups = from.Groups,
            Output = to.Blocked ? to.Pixel(0) : null,
            OutputGroupFloats = to.GroupFloats,
            OutputGroups = to.Groups,
            InputPooling = inputPooling,
            OutputPooling = outputPooling,
            NonTemporal = !epilogue.ReadsOutput && CacheSizes.Passes(to.Floats * sizeof(float)),
            Height = height,
            Width = width,
            RowFloats = (nint)(width + 2) * Lanes,
            TilesAcross = across,
            Tiles = tiles,
            Weights = weights.Block.Data,
            WeightFrequency = weights.FrequencyFloats,
            PanelFloats = weights.PanelFloats,
            Panels = weights.Panels,
            Blocks = cut,
            InputFrequency = inputFrequency,
            ProductFrequency = productFrequency,
        };
        if (!cut.Shared)
        {
            device.Run(new BlockJob<TEpilogue>(work, epilogue, segments, space, blockFloats), cut.Count);
            return;
        }
        float* products = space + Frequencies * inputFrequency;
        // Parts of the channels that are items of their own.
        int Parts(int items, int channels) => Math.Clamp((ItemsPerThread * device.Threads + items - 1) / items, 1, channels);
        for (int block = 0; block < cut.Count; block++)
        {
            var (first, count) = cut.Block(block);
            int inputParts = Parts(count, from.Groups), outputParts = Parts(count, to.Groups), panelParts = Parts(Frequencies, weights.Panels);
            device.Run(new InputJob(work, first, inputParts, space), count * inputParts);
            device.Run(new MultiplyJob(work, first, count, panelParts, segments, space, products), Frequencies * panelParts);
            device.Run(new OutputJob<TEpilogue>(work, epilogue, first, outputParts, products), count * outputParts);
        }
    }

    /// <summary>Forecasts the scratch of <see cref="Run"/>.</summary>
    public static void Forecast(SimdDevice device, int outputs, int inputs, int height, int width, ScratchForecast forecast)
    {
        var weights = WinogradWeights<TTile>.Sizes<TVector>(outputs, inputs);
        int inputGroups = SimdTensor.WholeGroups(inputs) / Lanes;
        var (cut, inputFrequency, productFrequency) = Cut(Tiles(height, width).Groups, inputGroups, weights.Panels, NativeBlock.BytesFor(weights.Floats), device.Threads);
        SimdDevice.Forecast(forecast, Scratch.Transformed, Frequencies * (inputFrequency + productFrequency) * (cut.Shared ? 1 : device.Threads));
        SimdDevice.Forecast(forecast, Scratch.Segments, 2L * inputGroups);
    }

    /// <summary>Tiles in a row, in all, and groups of them.</summary>
    static (int Across, int All, int Groups) Tiles(int height, int width)
    {
        int across = (width + TTile.Outputs - 1) / TTile.Outputs, tiles = across * ((height + TTile.Outputs - 1) / TTile.Outputs);
        return (across, tiles, (tiles + Rows - 1) / Rows);
    }

    /// <summary>How the map is cut into blocks, and the floats of a frequency of a block's inputs and products.</summary>
    static (WinogradBlocks Blocks, nint InputFrequency, nint ProductFrequency) Cut(int groups, int inputGroups, int panels, long weightBytes, int threads)
    {
        nint inputFloats = InputFloats(inputGroups), productFloats = (nint)panels * WinogradStages<TVector, TTile>.Columns * Rows;
        var blocks = WinogradBlocks.Choose(groups, Frequencies * (inputFloats + productFloats) * sizeof(float), weightBytes, threads);
        // One line more than needed, so that frequencies do not compete for the same places of the cache.
        return (blocks, blocks.Groups * inputFloats + Lanes, blocks.Groups * productFloats + Lanes);
    }

    /// <summary>An item is a block, which goes through all stages.</summary>
    readonly struct BlockJob<TEpilogue>(WinogradWork work, TEpilogue epilogue, nint* segments, float* space, nint blockFloats) : IJob
        where TEpilogue : unmanaged, IEpilogue<TVector>
    {
        public void Execute(int item, int worker)
        {
            float* inputs = space + worker * blockFloats, products = inputs + Frequencies * work.InputFrequency;
            var (first, count) = work.Blocks.Block(item);
            for (int g = 0; g < count; g++)
                WinogradOperands<TVector, TTile>.Input(work, first + g, 0, work.InputGroups, inputs + g * InputFloats(work.InputGroups));
            for (int f = 0; f < Frequencies; f++)
                WinogradOperands<TVector, TTile>.Multiply(work, f, first, count, 0, work.Panels, segments, inputs, products);
            for (int g = 0; g < count; g++)
                WinogradOutput<TVector, TTile, TEpilogue>.Run(work, epilogue, first + g, 0, work.OutputGroups, products + g * (nint)work.Panels * WinogradStages<TVector, TTile>.Columns * Rows);
        }
    }

    /// <summary>An item is a group of tiles and a part of the inputs.</summary>
    readonly struct InputJob(WinogradWork work, int first, int parts, float* inputs) : IJob
    {
        public void Execute(int item, int worker)
        {
            int group = item / parts, part = item % parts, all = work.InputGroups;
            WinogradOperands<TVector, TTile>.Input(work, first + group, all * part / parts, all * (part + 1) / parts, inputs + group * InputFloats(all));
        }
    }

    /// <summary>An item is a frequency and a part of the panels.</summary>
    readonly struct MultiplyJob(WinogradWork work, int first, int groups, int parts, nint* segments, float* inputs, float* products) : IJob
    {
        public void Execute(int item, int worker)
        {
            int part = item % parts;
            int firstPanel = work.Panels * part / parts, lastPanel = work.Panels * (part + 1) / parts;
            WinogradOperands<TVector, TTile>.Multiply(work, item / parts, first, groups, firstPanel, lastPanel, segments, inputs, products);
        }
    }

    /// <summary>An item is a group of tiles and a part of the outputs.</summary>
    readonly struct OutputJob<TEpilogue>(WinogradWork work, TEpilogue epilogue, int first, int parts, float* products) : IJob
        where TEpilogue : unmanaged, IEpilogue<TVector>
    {
        public void Execute(int item, int worker)
        {
            int group = item / parts, part = item % parts;
            WinogradOutput<TVector, TTile, TEpilogue>.Run(work, epilogue, first + group, work.OutputGroups * part / parts, work.OutputGroups * (part + 1) / parts,
                products + group * (nint)work.Panels * WinogradStages<TVector, TTile>.Columns * Rows);
        }
    }
}
