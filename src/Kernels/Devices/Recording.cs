namespace GpuStyle.Kernels;

/// <summary>A fixed sequence of operations that a device keeps; made by <see cref="Device.Record"/>.</summary>
public abstract class Recording : IDisposable
{
    /// <summary>
    /// Queues the sequence again: the same operations, with the same numbers from the host, on what the same tensors hold now. Does not wait.
    /// </summary>
    public abstract void Replay();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>The sequence is simply run again.</summary>
internal sealed class PlainRecording(Device device, Action operations) : Recording
{
    public override void Replay() => device.RunRecorded(operations);

    public override void Dispose() { }
}
