using System.Runtime.InteropServices;

namespace GpuStyle.Kernels;

/// <summary>How the values of a saved tensor are written.</summary>
public enum SavedEncoding
{
    /// <summary>float32, channel-major: pictures and vectors of the engines that compute in it.</summary>
    Plain,

    /// <summary>float64, channel-major: those of the reference.</summary>
    Wide,

    /// <summary>8 bits a value, with a scale for each 64 (<see cref="Tensor.Packed"/>).</summary>
    Packed,
}

/// <summary>
/// A copy of a picture's values (at most three channels) on the host, bit for bit as its engine stores them: what comes back from it is the
/// same to the last bit. Held in pieces, since a picture may be larger than an array.
/// </summary>
public sealed class SavedTensor
{
    const int MostBytesOfPiece = 1 << 26;

    readonly byte[][] pieces;

    SavedTensor(Shape shape, SavedEncoding encoding)
    {
        (Shape, Encoding) = (shape, encoding);
        Bytes = BytesOf(shape, encoding);
        pieces = new byte[(Bytes + MostBytesOfPiece - 1) / MostBytesOfPiece][];
        for (int i = 0; i < pieces.Length; i++) pieces[i] = new byte[Math.Min(MostBytesOfPiece, Bytes - (long)i * MostBytesOfPiece)];
    }

    /// <summary>Channels, height and width.</summary>
    public Shape Shape { get; }

    /// <summary>How values are written.</summary>
    public SavedEncoding Encoding { get; }

    /// <summary>Bytes of all values.</summary>
    public long Bytes { get; }

    /// <summary>The bytes, piece after piece.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces => [.. pieces.Select(p => (ReadOnlyMemory<byte>)p)];

    /// <summary>Waits for the tensor's device, then copies the values.</summary>
    /// <exception cref="ArgumentException">The tensor is no picture.</exception>
    public static SavedTensor Of(Tensor tensor)
    {
        if (tensor.Shape.Channels > 3) throw new ArgumentException($"{tensor.Shape} is no picture.", nameof(tensor));
        var saved = new SavedTensor(tensor.Shape, tensor.Device.EncodingOf(tensor));
        tensor.Device.CountSynchronization();
        for (int i = 0; i < saved.pieces.Length; i++) tensor.Device.ReadBytes(tensor, (long)i * MostBytesOfPiece, saved.pieces[i]);
        return saved;
    }

    /// <summary>
    /// Copies the values into a tensor of the same shape: bit for bit where its engine stores them alike, else rounded to float32.
    /// </summary>
    /// <exception cref="ArgumentException">The tensor has another shape, or only one of the two is packed.</exception>
    public void CopyTo(Tensor tensor)
    {
        var device = tensor.Device;
        var encoding = device.EncodingOf(tensor);
        if (tensor.Shape != Shape || (encoding != Encoding && (encoding == SavedEncoding.Packed || Encoding == SavedEncoding.Packed)))
            throw new ArgumentException($"A saved {Shape} ({Encoding}) does not fit {tensor.Shape} ({encoding}).", nameof(tensor));
        device.RefuseWhileRecording("copy from the host");
        if (encoding == Encoding)
        {
            for (int i = 0; i < pieces.Length; i++) device.WriteBytes(pieces[i], tensor, (long)i * MostBytesOfPiece);
            return;
        }
        var row = new float[Shape.Channels * Shape.Width];
        for (int y = 0; y < Shape.Height; y++)
        {
            ReadRows(y, row);
            device.UploadRows(row, tensor, y);
        }
    }

    /// <summary>A new tensor with these values.</summary>
    /// <exception cref="OutOfMemoryException">The device cannot hold it.</exception>
    public Tensor Upload(Device device)
    {
        var tensor = Encoding == SavedEncoding.Packed ? device.AllocatePacked(Shape) : device.Allocate(Shape);
        try
        {
            CopyTo(tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Copies rows [C,n,W] out, as many as fit, from <paramref name="top"/> on.</summary>
    /// <exception cref="ArgumentException">They are not whole rows, there are no such, or the values are packed.</exception>
    public void ReadRows(int top, Span<float> rows)
    {
        var (channels, height, width) = Shape;
        int count = rows.Length / channels / width;
        if (Encoding == SavedEncoding.Packed || count < 1 || rows.Length != count * channels * width || top < 0 || top > height - count)
            throw new ArgumentException($"{rows.Length} values from row {top} on are no rows of {Shape} ({Encoding}).", nameof(rows));
        for (int c = 0; c < channels; c++)
        {
            var run = rows.Slice(c * count * width, count * width);
            long first = c * Shape.Positions + (long)top * width;
            if (Encoding == SavedEncoding.Plain)
            {
                Read(sizeof(float) * first, MemoryMarshal.AsBytes(run));
                continue;
            }
            var values = new double[run.Length];
            Read(sizeof(double) * first, MemoryMarshal.AsBytes(values.AsSpan()));
            for (int i = 0; i < run.Length; i++) run[i] = (float)values[i];
        }
    }

    static long BytesOf(Shape shape, SavedEncoding encoding) => encoding switch
    {
        SavedEncoding.Plain => sizeof(float) * shape.Count,
        SavedEncoding.Wide => sizeof(double) * shape.Count,
        SavedEncoding.Packed => sizeof(int) * PackedFormat.Size(shape.Count),
        var other => throw new ArgumentException($"There is no encoding {other}."),
    };

    void Read(long first, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var piece = pieces[first / MostBytesOfPiece].AsSpan((int)(first % MostBytesOfPiece));
            int count = Math.Min(piece.Length, bytes.Length);
            piece[..count].CopyTo(bytes);
            first += count;
            bytes = bytes[count..];
        }
    }
}
