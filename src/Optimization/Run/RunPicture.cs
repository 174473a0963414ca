using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>A picture of a run where it lies, on a device or on the host: 0..255, not clamped. It can be had as a whole or row by row, without a copy of the whole.</summary>
public sealed class RunPicture : IDisposable
{
    readonly Device? device;
    readonly Tensor? tensor;
    readonly float[][] strips = [];
    readonly bool owner;
    readonly Shape shape;

    /// <summary>On a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="tensor">The picture.</param>
    /// <param name="owner">Whether the tensor is freed with this.</param>
    internal RunPicture(Device device, Tensor tensor, bool owner) => (this.device, this.tensor, this.owner, shape) = (device, tensor, owner, tensor.Shape);

    RunPicture(Shape shape, float[][] strips) => (this.shape, this.strips) = (shape, strips);

    /// <summary>A copy on the host, which outlives the device.</summary>
    internal static RunPicture Copy(Device device, Tensor tensor) => new(tensor.Shape, [.. tensor.Shape.Strips().Select(strip =>
    {
        var values = new float[strip.Rows * tensor.Shape.Channels * tensor.Shape.Width];
        device.DownloadRows(tensor, strip.Top, values);
        return values;
    })]);

    /// <summary>Pixels in a column.</summary>
    public int Height => shape.Height;

    /// <summary>Pixels in a row.</summary>
    public int Width => shape.Width;

    /// <summary>Copies rows [3,n,W] out, as many as fit, from <paramref name="top"/> on. That uses the device, as one thread at a time may.</summary>
    /// <exception cref="ArgumentException">They are not whole rows, or there are no such.</exception>
    public void Read(int top, Span<float> rows)
    {
        if (tensor is not null)
        {
            device!.DownloadRows(tensor, top, rows);
            return;
        }
        int count = rows.Length / shape.Channels / shape.Width, of = PictureStrips.RowsOfStrip(shape);
        if (count < 1 || rows.Length != count * shape.Channels * shape.Width || top < 0 || top > shape.Height - count)
            throw new ArgumentException($"{rows.Length} values from row {top} on are no rows of {shape}.", nameof(rows));
        for (int y = 0; y < count; y++)
        {
            float[] strip = strips[(top + y) / of];
            int plane = strip.Length / shape.Channels;
            for (int c = 0; c < shape.Channels; c++)
                strip.AsSpan(c * plane + (top + y) % of * shape.Width, shape.Width).CopyTo(rows[((c * count + y) * shape.Width)..]);
        }
    }

    /// <summary>The whole picture [3,H,W].</summary>
    /// <exception cref="ArgumentException">It is more than an array can hold.</exception>
    public float[] ToArray()
    {
        if (tensor is not null) return device!.Download(tensor);
        if (shape.Count > Array.MaxLength) throw new ArgumentException($"{shape} has more values than an array can hold; read it in rows.");
        var values = new float[shape.Count];
        Read(0, values);
        return values;
    }

    /// <summary>A new tensor with the same values.</summary>
    internal Tensor Upload(Device device) => new PictureSource(Height, Width, (_, _, take) =>
    {
        int of = PictureStrips.RowsOfStrip(shape);
        for (int i = 0; i < strips.Length; i++) take(i * of, strips[i]);
    }).Upload(device, Height, Width);

    /// <summary>Frees what this owns.</summary>
    public void Dispose()
    {
        if (owner) tensor!.Dispose();
    }
}
