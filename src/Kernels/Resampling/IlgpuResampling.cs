using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Change of picture size by the tables of <see cref="ResamplingWeights"/>, rows and columns in one pass, one thread per value
/// of the result, which is overwritten:
/// <code>
/// Y[y,x] = sum over i of R[y,i] sum over j of C[x,j] X[rowIndex[y,i], columnIndex[x,j]]
/// </code>
/// The tables of a pair of sizes stay on the device: [indices as int][weights].
/// </summary>
internal sealed class IlgpuResampling : IResampling
{
    const int GroupSize = 64;

    readonly IlgpuDevice device;
    readonly Dictionary<(int Source, int Destination, bool Wrap), (IlgpuStorage Storage, int Taps)> tables = [];
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<float>, Parameters> kernel;

    internal struct Parameters
    {
        public int Inner, SourceHeight, SourceWidth, Height, Width, RowTaps, ColumnTaps;
    }

    public IlgpuResampling(IlgpuDevice device)
    {
        this.device = device;
        kernel = device.Load<ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<float>, Parameters>(Kernel);
    }

    public void Resize(Tensor source, Tensor destination, bool wrap)
    {
        if (source.Shape.Channels != destination.Shape.Channels) throw new ArgumentException($"{source.Shape} cannot be resized to {destination.Shape}.");
        Layout from = source.DeviceLayout(), to = destination.DeviceLayout();
        var (rows, rowTaps) = Table(from.Height, to.Height, wrap);
        var (columns, columnTaps) = Table(from.Width, to.Width, wrap);
        kernel(device.Groups(to.Rows, (to.RowLength + GroupSize - 1) / GroupSize, GroupSize), source.DeviceView(), rows.Values<int>(), columns.Values<int>(), destination.DeviceView(), new()
        {
            Inner = to.Inner,
            SourceHeight = from.Height,
            SourceWidth = from.Width,
            Height = to.Height,
            Width = to.Width,
            RowTaps = rowTaps,
            ColumnTaps = columnTaps,
        });
    }

    public void ForecastScratch(Shape source, Shape destination, ScratchForecast forecast)
    {
        foreach (var (from, to) in new[] { (source.Height, destination.Height), (source.Width, destination.Width) })
            forecast.Add($"taps from {from} to {to}", IlgpuStorage.Bytes(2L * ResamplingWeights.TapsOf(from, to) * to));
    }

    (IlgpuStorage Storage, int Taps) Table(int source, int destination, bool wrap)
    {
        if (tables.TryGetValue((source, destination, wrap), out var found)) return found;
        var weights = new ResamplingWeights(source, destination, wrap);
        var storage = new IlgpuStorage(device, 2L * weights.Index.Length);
        storage.Write<int>([.. weights.Index, .. weights.Weights.Select(BitConverter.SingleToInt32Bits)]);
        return tables[(source, destination, wrap)] = (storage, weights.Taps);
    }

    internal static void Kernel(ArrayView<float> source, ArrayView<int> rows, ArrayView<int> columns, ArrayView<float> destination, Parameters p)
    {
        int row = Grid.IdxX, column = Grid.IdxY * GroupSize + Group.IdxX, rowLength = p.Width * p.Inner;
        if (column >= rowLength) return;
        int image = row / p.Height, y = row - image * p.Height, x = column / p.Inner, channel = column - x * p.Inner;
        var rowWeights = rows.SubView(p.Height * p.RowTaps).Cast<float>();
        var columnWeights = columns.SubView(p.Width * p.ColumnTaps).Cast<float>();
        float sum = 0;
        for (int i = y * p.RowTaps; i < (y + 1) * p.RowTaps; i++)
        {
            long first = ((long)image * p.SourceHeight + rows[i]) * p.SourceWidth * p.Inner + channel;
            float line = 0;
            for (int j = x * p.ColumnTaps; j < (x + 1) * p.ColumnTaps; j++)
                line += columnWeights[j] * source[first + (long)columns[j] * p.Inner];
            sum += rowWeights[i] * line;
        }
        destination[(long)row * rowLength + column] = sum;
    }
}
