namespace GpuStyle.Kernels;

/// <summary>
/// Tensors that are allocated one by one and freed together, by whoever disposes the list: what needs several and fails before it has them all frees those
/// it has, with no more than this in hand.
/// </summary>
public sealed class TensorList(Device device) : List<Tensor>, IDisposable
{
    /// <summary>Where the tensors lie.</summary>
    public Device Device => device;

    /// <summary>Tensors of these shapes; if one cannot be had, the others are freed.</summary>
    public static TensorList Of(Device device, IEnumerable<Shape> shapes)
    {
        var tensors = new TensorList(device);
        try
        {
            foreach (var shape in shapes) tensors.Allocate(shape);
            return tensors;
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    /// <summary>One more tensor, of zeros.</summary>
    /// <exception cref="OutOfMemoryException">The device cannot hold it.</exception>
    public Tensor Allocate(Shape shape)
    {
        var tensor = device.Allocate(shape);
        Add(tensor);
        return tensor;
    }

    /// <summary>One more tensor, with these channel-major values.</summary>
    /// <exception cref="OutOfMemoryException">The device cannot hold it.</exception>
    public Tensor Allocate(Shape shape, ReadOnlySpan<float> values)
    {
        var tensor = Allocate(shape);
        device.Upload(values, tensor);
        return tensor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForEach(t => t.Dispose());
        Clear();
    }
}
