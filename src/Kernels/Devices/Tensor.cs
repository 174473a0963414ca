namespace GpuStyle.Kernels;

/// <summary>
/// Values on a device. How they lie in memory is the engine's own affair; <see cref="Device.Upload"/> and
/// <see cref="Device.Download(Tensor, Span{float})"/> speak channel-major float32 (NCHW with N = 1).
/// </summary>
public abstract class Tensor(Device device, Shape shape) : IDisposable
{
    /// <summary>The device that holds the values.</summary>
    public Device Device { get; } = device;

    /// <summary>Channels, height and width.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>
    /// Whether the values are kept in 8 bits each, in little more than a quarter of the memory: what an optimiser remembers. Sixty-four that follow each other, channel-major, share the
    /// least power of two, from 2^-126 on, of which all are less than 128 times in magnitude; each is the nearest multiple of it, ties to even, and 127 times it at most.
    /// Only <see cref="IVectors.Pack"/> writes such a tensor, only <see cref="IVectors.Dot"/> and <see cref="IVectors.Combine"/> read it.
    /// </summary>
    public virtual bool Packed => false;

    /// <summary>
    /// A tensor of another shape in the same storage, for buffers that serve several layers in turn. Its values are
    /// undefined until an operation has overwritten it. Only the tensor that was allocated owns the storage.
    /// </summary>
    /// <exception cref="ArgumentException">The storage is too small for <paramref name="shape"/>.</exception>
    public abstract Tensor As(Shape shape);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>
/// A few double-precision sums on a device: losses and dot products. Operations add to a slot; <see cref="Read"/> brings all
/// of them to the host at once and is all that an iteration waits for.
/// </summary>
public abstract class Scalars(Device device, int count) : IDisposable
{
    /// <summary>The device that holds the sums.</summary>
    public Device Device { get; } = device;

    /// <summary>Number of slots.</summary>
    public int Count { get; } = count;

    /// <summary>Sets every slot to zero.</summary>
    public abstract void Clear();

    /// <summary>Waits for the device and copies all slots. Counted in <see cref="Device.Synchronizations"/>.</summary>
    public abstract void Read(Span<double> values);

    /// <summary>Sets every slot to a value of the host's.</summary>
    public abstract void Write(ReadOnlySpan<double> values);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>One slot of a <see cref="Scalars"/>: where an operation adds its sum.</summary>
public readonly record struct ScalarSlot(Scalars Scalars, int Index);
