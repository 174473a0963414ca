using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>A picture of a run where it lies, on a device or on the host: 0..255, not clamped. It can be had as a whole or row by row, without a copy of the whole.</summary>
public sealed class RunPicture : IDisposable
{
    readonly Tensor? tensor;
    readonly SavedTensor? saved;
    readonly bool owner;
    readonly Shape shape;

    /// <summary>On a device.</summary>
    /// <param name="tensor">The picture.</param>
    /// <param name="owner">Whether the tensor is freed with this.</param>
    internal RunPicture(Tensor tensor, bool owner) => (this.tensor, this.owner, shape) = (tensor, owner, tensor.Shape);

    /// <summary>On the host, where it outlives the device.</summary>
    internal RunPicture(SavedTensor saved) => (this.saved, shape) = (saved, saved.Shape);

    /// <summary>Pixels in a column.</summary>
    public int Height => shape.Height;

    /// <summary>Pixels in a row.</summary>
    public int Width => shape.Width;

    /// <summary>Copies rows [3,n,W] out, as many as fit, from <paramref name="top"/> on. That uses the device, as one thread at a time may.</summary>
    /// <exception cref="ArgumentException">They are not whole rows, or there are no such.</exception>
    public void Read(int top, Span<float> rows)
    {
        if (tensor is not null) tensor.Device.DownloadRows(tensor, top, rows);
        else saved!.ReadRows(top, rows);
    }

    /// <summary>The whole picture [3,H,W].</summary>
    /// <exception cref="ArgumentException">It is more than an array can hold.</exception>
    public float[] ToArray()
    {
        if (shape.Count > Array.MaxLength) throw new ArgumentException($"{shape} has more values than an array can hold; read it in rows.");
        var values = new float[shape.Count];
        Read(0, values);
        return values;
    }

    /// <summary>A copy on the host.</summary>
    internal SavedTensor Save() => saved ?? SavedTensor.Of(tensor!);

    /// <summary>Frees what this owns.</summary>
    public void Dispose()
    {
        if (owner) tensor!.Dispose();
    }
}
