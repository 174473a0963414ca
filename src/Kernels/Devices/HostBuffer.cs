namespace GpuStyle.Kernels;

/// <summary>
/// Memory of the host that a device's values pass through again and again. A device whose copies are faster from memory
/// that the system may not move gives such memory (<see cref="Device.AllocateHost"/>).
/// </summary>
public class HostBuffer : IDisposable
{
    readonly float[]? values;

    /// <summary>Ordinary memory.</summary>
    public HostBuffer(long count) => values = new float[count];

    /// <summary>For memory of another kind.</summary>
    protected HostBuffer() { }

    /// <summary>The values.</summary>
    public virtual Span<float> Values => values;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the garbage collector does not.</summary>
    protected virtual void Dispose(bool disposing) { }
}
