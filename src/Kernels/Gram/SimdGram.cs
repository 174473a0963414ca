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
    const int PiecePixels = 128;

    public void Accumulate(Tensor features, Region region, Tensor gram)
    {
        IGram.Check(features, region, gram);
        var f = SimdTransfer.Blocked(device, features);
        var (first, rows, width) = Pixels(f, region);
        int order = f.Groups * SimdTensor.BlockChannels, pitch = order + SimdTensor.BlockChannels;
        int perRow = (width + PiecePixels - 1) / PiecePixels, pieces = rows * perRow;
        int parts = Math.Min(pieces, order <= 128 ? 32 : 4096 / order), columns = 2 * TVector.Count, panels = (order + columns - 1) / columns;
        float* partial = device.Temporary(Scratch.Matrix, (long)parts * order * pitch);
        device.Run(new PartsJob(first, f.GroupFloats, f.Groups, f.Pitch, width, perRow, pieces, parts, panels, partial, pitch), parts * panels);
        device.Run(new AddPartsJob(partial, parts, (nint)order * pitch, pitch, gram.Simd().Data, features.Shape.Channels), features.Shape.Channels);
        SimdTransfer.Release(f, features);
    }

    public void Gradient(Tensor features, Region region, Tensor matrix, Tensor gradient, bool accumulate)
    {
        IGram.Check(features, region, matrix);
        var f = SimdTransfer.Blocked(device, features);
        var g = SimdTransfer.Blocked(device, gradient);
        bool whole = region.Covers(f.Shape);
        if (!accumulate && whole) SimdBorder.Clear(device, g);
        else if (!accumulate) SimdBorder.ClearAll(device, g);

        int columns = MicroKernel<TVector, BlockedInput>.Columns, order = f.Groups * SimdTensor.BlockChannels;
        int panels = (order + columns - 1) / columns, panelFloats = order * columns;
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
        }, new AddMask<TVector>(accumulate, 0));
        SimdTransfer.Release(f, features);
        SimdTransfer.Return(device, g, gradient);
    }

    /// <summary>The region as rows of pixels; a whole tensor as a single row.</summary>
    static (nint First, int Rows, int Width) Pixels(SimdTensor f, Region region) => region.Covers(f.Shape)
        ? ((nint)f.Data, 1, f.Rows * f.Pitch)
        : ((nint)(f.Pixel(0) + region.Top * f.RowFloats + region.Left * SimdTensor.BlockChannels), region.Height, region.Width);

    /// <summary>An item is a panel of columns of one part's matrix: the longest panels first.</summary>
    readonly struct PartsJob(nint first, nint groupFloats, int groups, int rowPitch, int width, int perRow, int pieces, int parts, int panels, float* partial, int pitch) : IJob
    {
        const int Lanes = SimdTensor.BlockChannels;

        public void Execute(int item, int worker)
        {
            int part = item % parts, column = (panels - 1 - item / parts) * 2 * TVector.Count, order = groups * Lanes;
            int rows = Math.Min(order, column + 2 * TVector.Count), next = column + TVector.Count;
            float* sums = partial + part * order * (nint)pitch + column;
            for (int i = 0; i < rows; i++) new Span<float>(sums + i * (nint)pitch, 2 * TVector.Count).Clear();
            // The last panel may have a single group of channels: the second half then repeats the first and goes nowhere.
            nint second = next < order ? next / Lanes * groupFloats + next % Lanes - (column / Lanes * groupFloats + column % Lanes) : 0;
            for (int piece = (int)((long)pieces * part / parts); piece < (int)((long)pieces * (part + 1) / parts); piece++)
            {
                int x = piece % perRow * PiecePixels, count = Math.Min(PiecePixels, width - x);
                float* pixel = (float*)first + ((nint)(piece / perRow) * rowPitch + x) * Lanes;
                for (int i = 0; i < rows; i += GramKernel.Rows)
                    GramKernel.Run<TVector>(pixel + i / Lanes * groupFloats + i % Lanes, pixel + column / Lanes * groupFloats + column % Lanes, second, count, sums + i * (nint)pitch, pitch);
            }
        }
    }

    /// <summary>An item is a row of the matrix from its diagonal on, added there and mirrored.</summary>
    readonly struct AddPartsJob(float* partial, int parts, nint partFloats, int pitch, float* gram, int channels) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int j = item; j < channels; j++)
            {
                double sum = 0;
                for (int part = 0; part < parts; part++) sum += partial[part * partFloats + (nint)item * pitch + j];
                float* upper = gram + (nint)item * channels + j, lower = gram + (nint)j * channels + item;
                *upper = (float)(*upper + sum);
                if (lower != upper) *lower = (float)(*lower + sum);
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
