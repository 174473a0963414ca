namespace GpuStyle.Kernels;

/// <summary>
/// Gram matrices of channel-blocked features. Only panels on or above the diagonal are computed. Pixels are cut into pieces
/// and pieces into parts, by the shape alone: a part sums its pieces in float32 into a matrix of its own (scratch), and the
/// parts are added in order in double precision, so that the rounding error does not grow with the picture. Over a whole
/// tensor the border of zeros is summed too. The gradient is a 1x1 convolution by the micro-kernel.
/// </summary>
internal sealed unsafe class SimdGram<TVector>(SimdDevice device) : IGram
    where TVector : struct, ISimd<TVector>
{
    /// <summary>Pixels whose products are summed in registers; pieces that are worth a matrix of their own.</summary>
    const int PiecePixels = 128, LeastPieces = 8;

    const int ItemsPerThread = 4;

    /// <summary>The most that the parts' matrices may take.</summary>
    const int PartialFloats = 1 << 21;

    public void Accumulate(Tensor features, Region region, Tensor gram)
    {
        IGram.Check(features, region, gram);
        var f = features.Simd();
        if (!f.Blocked)
        {
            SimdPlanarGram.Accumulate(device, f, region, gram);
            return;
        }
        var (first, rows, width) = Pixels(f, region);
        int order = f.Groups * SimdTensor.BlockChannels, pitch = order + SimdTensor.BlockChannels;
        var (perRow, pieces, parts) = Cut(rows, width, order);
        int columns = 2 * TVector.Count, panels = (order + columns - 1) / columns;
        float* partial = device.Temporary(Scratch.Matrix, PartFloats(order) * parts);
        int panelsPerItem = PanelsPerItem(panels, parts, order);
        device.Run(new PartsJob(first, f.GroupFloats, f.Groups, f.Pitch, width, perRow, pieces, parts, panels, panelsPerItem, partial, pitch), parts * ((panels + panelsPerItem - 1) / panelsPerItem));
        device.Run(new AddPartsJob(partial, parts, (nint)order * pitch, pitch, gram.Simd().Data, features.Shape.Channels), (features.Shape.Channels + AddPartsJob.Rows - 1) / AddPartsJob.Rows);
    }

    public void Gradient(Tensor features, Region region, Tensor matrix, Tensor gradient, bool accumulate)
    {
        IGram.Check(features, region, matrix, gradient);
        SimdTensor f = features.Simd(), g = gradient.Simd();
        if (!f.Blocked)
        {
            SimdPlanarGram.Gradient(device, f, region, matrix, g, accumulate);
            return;
        }
        bool whole = region.Covers(f.Shape);
        if (!accumulate && whole) SimdBorder.Clear(device, g);
        else if (!accumulate) SimdBorder.ClearAll(device, g);

        int order = f.Groups * SimdTensor.BlockChannels;
        var (columns, panels, panelFloats) = Panels(order);
        float* weights = device.Temporary(Scratch.Matrix, (long)panels * panelFloats);
        device.Run(new PackJob(matrix.Simd().Data, f.Shape.Channels, weights, order, columns), panels);
        nint* segments = (nint*)device.Temporary(Scratch.Segments, 2L * f.Groups);
        for (int i = 0; i < f.Groups; i++) segments[i] = i * f.GroupFloats;
        nint offset = region.Top * f.RowFloats + region.Left * SimdTensor.BlockChannels;
        TileJob<TVector, BlockedInput, AddMask<TVector>>.Run(device, new TileWork
        {
            Input = f.Pixel(0) + offset,
            Segments = segments,
            SegmentCount = f.Groups,
            Weights = weights,
            PanelFloats = panelFloats,
            Output = g.Pixel(0) + offset,
            OutputGroupFloats = g.GroupFloats,
            OutputGroups = g.Groups,
            Spans = whole ? 1 : region.Height,
            SpanPitch = f.Pitch,
            SpanPixels = whole ? (region.Height - 1) * f.Pitch + region.Width : region.Width,
            RowPitch = f.Pitch,
            RowPixels = f.Shape.Width,
        }, new AddMask<TVector>(accumulate, mask: false, 0));
    }

    public void ForecastScratch(Shape features, Region region, ScratchForecast forecast)
    {
        if (SimdTensor.LayoutOf(features) == SimdLayout.Planar)
        {
            SimdDevice.Forecast(forecast, Scratch.Partials, 2 * SimdPlanarGram.PartialSums(features, region));
            return;
        }
        int order = SimdTensor.WholeGroups(features.Channels);
        bool whole = region.Covers(features);
        var (_, _, parts) = Cut(whole ? 1 : region.Height, whole ? (features.Height + 2) * (features.Width + 2) : region.Width, order);
        var (_, panels, panelFloats) = Panels(order);
        SimdDevice.Forecast(forecast, Scratch.Matrix, Math.Max(PartFloats(order) * parts, (long)panels * panelFloats));
        TileJob<TVector, BlockedInput, AddMask<TVector>>.Forecast(device, forecast);
    }

    /// <summary>Pieces of a row, pieces in all, and parts.</summary>
    static (int PerRow, int Pieces, int Parts) Cut(int rows, int width, int order)
    {
        int perRow = (width + PiecePixels - 1) / PiecePixels, pieces = rows * perRow;
        return (perRow, pieces, (int)Math.Clamp(pieces / LeastPieces, 1, PartialFloats / PartFloats(order)));
    }

    static long PartFloats(int order) => (long)order * (order + SimdTensor.BlockChannels);

    /// <summary>The matrix in the micro-kernel's order: columns of a panel, panels, floats of a panel.</summary>
    static (int Columns, int Panels, int PanelFloats) Panels(int order)
    {
        int columns = MicroKernel<TVector, BlockedInput>.Columns;
        return (columns, (order + columns - 1) / columns, order * columns);
    }

    /// <summary>
    /// Panels of columns that one worker computes of a piece while its features are in the second-level cache: as many as leave
    /// room there for their part of the matrix, and work for every thread.
    /// </summary>
    int PanelsPerItem(int panels, int parts, int order)
    {
        int columns = 2 * TVector.Count;
        long room = CacheSizes.Second * 3 / 4 - (long)PiecePixels * order * sizeof(float);
        return (int)Math.Clamp(Math.Min(room / ((long)order * columns * sizeof(float)), (long)panels * parts / (ItemsPerThread * device.Threads)), 1, panels);
    }

    /// <summary>The region as rows of pixels; a whole tensor as a single row.</summary>
    static (nint First, int Rows, int Width) Pixels(SimdTensor f, Region region) => region.Covers(f.Shape)
        ? ((nint)f.Data, 1, f.Rows * f.Pitch)
        : ((nint)(f.Pixel(0) + region.Top * f.RowFloats + region.Left * SimdTensor.BlockChannels), region.Height, region.Width);

    /// <summary>An item is a part's matrix, or a panel of columns of it: the longest panels first.</summary>
    readonly struct PartsJob(nint first, nint groupFloats, int groups, int rowPitch, int width, int perRow, int pieces, int parts,
        int panels, int panelsPerItem, float* partial, int pitch) : IJob
    {
        const int Lanes = SimdTensor.BlockChannels;

        static int Columns => 2 * TVector.Count;
        static int AheadPixels => PiecePixels * GramKernel<TVector>.Rows / Lanes;

        public void Execute(int item, int worker)
        {
            int part = item % parts, lastPanel = panels - item / parts * panelsPerItem, firstPanel = Math.Max(0, lastPanel - panelsPerItem);
            float* matrix = partial + part * groups * Lanes * (nint)pitch;
            for (int i = 0; i < LastRow(lastPanel - 1); i++) new Span<float>(matrix + i * (nint)pitch + firstPanel * Columns, (lastPanel - firstPanel) * Columns).Clear();
            for (int piece = (int)((long)pieces * part / parts); piece < (int)((long)pieces * (part + 1) / parts); piece++)
            {
                int x = piece % perRow * PiecePixels;
                float* pixel = (float*)first + ((nint)(piece / perRow) * rowPitch + x) * Lanes;
                for (int panel = firstPanel; panel < lastPanel; panel++) Panel(panel, pixel, Math.Min(PiecePixels, width - x), matrix);
            }
        }

        /// <summary>Where the rows end that a panel needs: at its diagonal.</summary>
        int LastRow(int panel) => Math.Min(groups * Lanes, (panel + 1) * Columns);

        void Panel(int panel, float* pixel, int count, float* matrix)
        {
            int column = panel * Columns, next = column + TVector.Count;
            nint from = column / Lanes * groupFloats + column % Lanes;
            // The last panel may have a single group of channels: the second half then repeats the first and goes nowhere.
            nint second = next < groups * Lanes ? next / Lanes * groupFloats + next % Lanes - from : 0;
            bool ahead = panel == panels - 1;
            for (int i = 0; i < LastRow(panel); i += GramKernel<TVector>.Rows)
            {
                if (ahead) Prefetch(pixel + i / Lanes * groupFloats + (PiecePixels + i % Lanes / GramKernel<TVector>.Rows * AheadPixels) * Lanes);
                GramKernel<TVector>.Run(pixel + i / Lanes * groupFloats + i % Lanes, pixel + from, second, count, matrix + i * (nint)pitch + column, pitch);
            }
        }

        /// <summary>Asks for the next piece's features, a few with each product.</summary>
        static void Prefetch(float* pixel)
        {
            for (int p = 0; p < AheadPixels; p++) Processor.PrefetchToSecondLevel(pixel + p * Lanes);
        }
    }

    /// <summary>An item is a few rows of the matrix from the diagonal on, added there and mirrored: a line of the cache each, so that no two workers write to one.</summary>
    readonly struct AddPartsJob(float* partial, int parts, nint partFloats, int pitch, float* gram, int channels) : IJob
    {
        public const int Rows = SimdTensor.BlockChannels;

        public void Execute(int item, int worker)
        {
            Span<double> sums = stackalloc double[channels];
            for (int i = item * Rows; i < Math.Min((item + 1) * Rows, channels); i++) Row(i, sums[i..]);
        }

        void Row(int i, Span<double> sums)
        {
            sums.Clear();
            for (int part = 0; part < parts; part++) SimdVectors.Add(new(partial + part * partFloats + (nint)i * pitch + i, sums.Length), sums);
            for (int j = i; j < channels; j++)
            {
                float* upper = gram + (nint)i * channels + j, lower = gram + (nint)j * channels + i;
                *upper = (float)(*upper + sums[j - i]);
                if (lower != upper) *lower = (float)(*lower + sums[j - i]);
            }
        }
    }

    /// <summary>An item is a panel of the matrix in the micro-kernel's order, [input][output of the panel].</summary>
    readonly struct PackJob(float* matrix, int channels, float* packed, int order, int columns) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* to = packed + (nint)item * order * columns;
            int from = item * columns, count = Math.Clamp(channels - from, 0, columns);
            for (int i = 0; i < order; i++, to += columns)
            {
                new Span<float>(to, columns).Clear();
                if (i < channels) new Span<float>(matrix + (nint)i * channels + from, count).CopyTo(new Span<float>(to, count));
            }
        }
    }
}
