namespace GpuStyle.Kernels;

/// <summary>
/// Products of rectangular matrices by the Gram kernel: both factors are put into groups of sixteen rows of the left one and columns of the
/// right one, [group][k][16]. An item is a tile of the product, 64 rows by 256 columns, to which pieces of k are added in order, so that a
/// piece of either factor stays in the second-level cache while it is used.
/// <code>
/// scratch: left and right in groups, a tile for each thread
/// </code>
/// </summary>
internal static unsafe class SimdProduct<TVector>
    where TVector : struct, ISimd<TVector>
{
    const int Lanes = SimdTensor.BlockChannels, TileRows = 64, TileColumns = 256, Panel = 2 * Lanes, Piece = 256;

    /// <summary>
    /// result [m,n] = factor A B, or plus what it held; A is left [m,k], or [k,m] turned, B right [k,n], or [n,k] turned.
    /// </summary>
    public static void Run(SimdDevice device, float* left, bool leftTurned, float* right, bool rightTurned, int m, int n, int k,
        float factor, float* result, bool accumulate)
    {
        int rows = Padded(m, TileRows), columns = Padded(n, Panel), across = Padded(columns, TileColumns) / TileColumns;
        float* a = device.Temporary(Scratch.Matrix, Floats(device, m, n, k)), b = a + (nint)rows * k;
        device.Run(new PackJob(left, leftTurned ? m : k, leftTurned, m, k, a), rows / Lanes);
        device.Run(new PackJob(right, rightTurned ? k : n, !rightTurned, n, k, b), columns / Lanes);
        var job = new TileJob(a, b, b + (nint)columns * k, m, n, k, columns, across, factor, result, accumulate);
        device.Run(job, rows / TileRows * across);
    }

    /// <summary>Scratch that a product takes.</summary>
    public static long Floats(SimdDevice device, int m, int n, int k) =>
        (long)Padded(m, TileRows) * k + (long)Padded(n, Panel) * k + (long)device.Threads * TileRows * TileColumns;

    static int Padded(int count, int whole) => (count + whole - 1) / whole * whole;

    /// <summary>
    /// An item is a group. Its lanes lie side by side in the matrix, or a <paramref name="pitch"/> apart; those that fill up the last are
    /// 0.
    /// </summary>
    readonly struct PackJob(float* matrix, int pitch, bool sideBySide, int count, int length, float* packed) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* to = packed + (nint)item * length * Lanes;
            int first = item * Lanes, here = Math.Clamp(count - first, 0, Lanes);
            if (here < Lanes) new Span<float>(to, length * Lanes).Clear();
            if (sideBySide)
                for (int k = 0; k < length; k++)
                    new Span<float>(matrix + (nint)k * pitch + first, here).CopyTo(new Span<float>(to + k * Lanes, here));
            else
                for (int k = 0; k < length; k++)
                    for (int lane = 0; lane < here; lane++) to[k * Lanes + lane] = matrix[(nint)(first + lane) * pitch + k];
        }
    }

    /// <summary>An item is a tile of the product.</summary>
    readonly struct TileJob(float* left, float* right, float* own, int m, int n, int k, int paddedColumns, int across, float factor,
        float* result, bool accumulate) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* tile = own + (nint)worker * TileRows * TileColumns;
            int firstRow = item / across * TileRows, firstColumn = item % across * TileColumns;
            int rows = Math.Min(TileRows, m - firstRow), columns = Math.Min(TileColumns, paddedColumns - firstColumn);
            nint groupFloats = (nint)k * Lanes;
            new Span<float>(tile, rows * TileColumns).Clear();
            for (int from = 0; from < k; from += Piece)
                for (int column = 0; column < columns; column += Panel)
                    AddPanel(left + firstRow / Lanes * groupFloats + from * Lanes,
                        right + (firstColumn + column) / Lanes * groupFloats + from * Lanes,
                        groupFloats, Math.Min(Piece, k - from), rows, tile + column);
            for (int i = 0; i < rows; i++)
            {
                float* to = result + (nint)(firstRow + i) * n + firstColumn;
                int here = Math.Min(TileColumns, n - firstColumn);
                if (accumulate)
                    for (int j = 0; j < here; j++) to[j] += factor * tile[i * TileColumns + j];
                else
                    for (int j = 0; j < here; j++) to[j] = factor * tile[i * TileColumns + j];
            }
        }

        /// <summary>Thirty-two columns of all rows. Rows that fill up the kernel's last are 0, and go where nobody looks.</summary>
        static void AddPanel(float* rowsOf, float* panel, nint groupFloats, int count, int rows, float* tile)
        {
            for (int lane = 0; lane < Panel; lane += 2 * TVector.Count)
            {
                // Two vectors side by side in a group of sixteen, or, where a vector fills it, a group each.
                nint at = lane / Lanes * groupFloats + lane % Lanes, second = TVector.Count == Lanes ? groupFloats : TVector.Count;
                for (int i = 0; i < rows; i += GramKernel<TVector>.Rows)
                    GramKernel<TVector>.Run(rowsOf + i / Lanes * groupFloats + i % Lanes, panel + at, second, count,
                        tile + i * TileColumns + lane, TileColumns);
            }
        }
    }
}
