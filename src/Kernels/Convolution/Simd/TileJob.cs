using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// Where a matrix product over pixels reads and writes. Pixels are counted along the rows as they lie in memory, borders
/// included, so that tiles run over row ends: one span for a whole feature map, one for each row of a part of it.
/// </summary>
internal unsafe struct TileWork
{
    /// <summary>First pixel's first input (for a convolution, that of its upper left tap).</summary>
    public required float* Input;

    /// <summary>Offsets of the segments from there, and their number.</summary>
    public required nint* Segments;
    public required int SegmentCount;

    /// <summary>Panels of weights, and floats from one to the next.</summary>
    public required float* Weights;
    public required int PanelFloats;

    /// <summary>First pixel's first output, floats from one group of 16 channels to the next, and their number.</summary>
    public required float* Output;
    public required nint OutputGroupFloats;
    public required int OutputGroups;

    /// <summary>Stretches of neighbouring pixels: their number, pixels from one to the next, pixels in each.</summary>
    public required int Spans, SpanPitch, SpanPixels;

    /// <summary>Pixels from one row to the next, and those of a row that are not border; border is written with zeros.</summary>
    public required int RowPitch, RowPixels;

    /// <summary>Whether outputs are too large for the caches and are stored past them.</summary>
    public bool NonTemporal;
}

/// <summary>What becomes of a sum before it is stored.</summary>
internal unsafe interface IEpilogue<TVector>
{
    /// <summary>Whether it reads what it overwrites. Stores past the caches then cost several times those into them: the lines are there already.</summary>
    bool ReadsOutput { get; }

    /// <summary>The value for output channel <paramref name="channel"/> onwards, to be stored at <paramref name="at"/>.</summary>
    TVector Finish(TVector sum, int channel, float* at);
}

/// <summary>
/// The driver of the micro-kernel: an item is a chunk of tiles times a set of panels of output channels, as many as leave
/// room in the second-level cache for the chunk's inputs, which are read again for each of them. The epilogue takes a
/// finished tile from the first-level cache to the output. Every value is the same sum in the same order whoever does the
/// item. Scratch: one tile for each thread.
/// </summary>
internal readonly unsafe struct TileJob<TVector, TInput, TEpilogue>(TileWork work, TEpilogue epilogue, float* scratch, int chunkTiles, int chunks, int panels, int panelsPerItem) : IJob
    where TVector : struct, ISimd<TVector>
    where TInput : struct, IMicroInput
    where TEpilogue : unmanaged, IEpilogue<TVector>
{
    /// <summary>
    /// Tiles of a chunk, fewer where there would not be so many items for each thread; floats of weights that stay in the second-level
    /// cache together (half of 512 KiB).
    /// </summary>
    const int MostChunkTiles = 16, ItemsPerThread = 2, CachedWeights = 1 << 16;

    /// <summary>
    /// Where so few segments share the work, as in a 1x1 convolution, the inputs of a tile take as long to arrive as the tile
    /// takes to compute: they are asked for this many tiles before. Longer sums find most of theirs in the cache, and pictures' are few.
    /// </summary>
    const int PrefetchedSegments = 32, PrefetchAhead = 2;

    static int Rows => MicroKernel<TVector, TInput>.Rows;
    static int Columns => MicroKernel<TVector, TInput>.Columns;

    public static void Run(SimdDevice device, in TileWork work, TEpilogue epilogue)
    {
        int panels = (work.OutputGroups * SimdTensor.BlockChannels + Columns - 1) / Columns, panelsPerItem = Math.Clamp(CachedWeights / work.PanelFloats, 1, panels);
        int sets = (panels + panelsPerItem - 1) / panelsPerItem, tiles = work.Spans * Tiles(work);
        int chunkTiles = (int)Math.Clamp((long)sets * tiles / (ItemsPerThread * device.Threads), 1, MostChunkTiles), chunks = (tiles + chunkTiles - 1) / chunkTiles;
        float* scratch = device.Temporary(Scratch.Tiles, ScratchFloats(device));
        device.Run(new TileJob<TVector, TInput, TEpilogue>(work, epilogue, scratch, chunkTiles, chunks, panels, panelsPerItem), chunks * sets);
    }

    public static void Forecast(SimdDevice device, ScratchForecast forecast) => SimdDevice.Forecast(forecast, Scratch.Tiles, ScratchFloats(device));

    static long ScratchFloats(SimdDevice device) => (long)device.Threads * Rows * Columns;

    /// <summary>Tiles of a span.</summary>
    static int Tiles(in TileWork work) => (work.SpanPixels + Rows - 1) / Rows;

    public void Execute(int item, int worker)
    {
        float* tile = scratch + worker * Rows * Columns;
        int spanTiles = Tiles(work), first = item % chunks * chunkTiles, last = Math.Min(first + chunkTiles, work.Spans * spanTiles);
        int firstPanel = item / chunks * panelsPerItem, lastPanel = Math.Min(firstPanel + panelsPerItem, panels);
        for (int panel = firstPanel; panel < lastPanel; panel++)
            for (int t = first; t < last; t++)
            {
                int within = t % spanTiles * Rows;
                nint pixel = (nint)(t / spanTiles) * work.SpanPitch + within;
                if (TInput.Run > 1 && work.SegmentCount <= PrefetchedSegments && panel == firstPanel) Prefetch(work.Input + (pixel + PrefetchAhead * Rows) * TInput.Pixel);
                MicroKernel<TVector, TInput>.Run(work.Input + pixel * TInput.Pixel, work.Segments, work.SegmentCount, work.Weights + (nint)panel * work.PanelFloats, tile);
                Store(tile, panel * Columns, pixel, Math.Min(Rows, work.SpanPixels - within));
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Prefetch(float* input)
    {
        for (int s = 0; s < work.SegmentCount; s++) Processor.Prefetch(input + work.Segments[s], Rows, TInput.Pixel);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Store(float* tile, int channel, nint pixel, int count)
    {
        int x = (int)(pixel % work.RowPitch), vectors = Math.Min(2, (work.OutputGroups * SimdTensor.BlockChannels - channel) / TVector.Count);
        // Past the caches only if a line's parts go one after the other, so that they leave together.
        bool past = work.NonTemporal && Columns >= SimdTensor.BlockChannels;
        for (int r = 0; r < count; r++, pixel++)
        {
            for (int v = 0; v < vectors; v++)
            {
                int own = channel + v * TVector.Count;
                float* to = work.Output + own / SimdTensor.BlockChannels * work.OutputGroupFloats + pixel * SimdTensor.BlockChannels + own % SimdTensor.BlockChannels;
                var value = x < work.RowPixels ? epilogue.Finish(TVector.Load(tile + r * Columns + v * TVector.Count), own, to) : TVector.Zero;
                if (past) TVector.StoreNonTemporal(value, to);
                else TVector.Store(value, to);
            }
            if (++x == work.RowPitch) x = 0;
        }
    }
}
