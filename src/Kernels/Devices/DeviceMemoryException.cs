namespace GpuStyle.Kernels;

/// <summary>A device cannot hold what it was asked to.</summary>
/// <param name="device">The device.</param>
/// <param name="message">What it was asked for and what it holds, in one line.</param>
/// <param name="cause">What the driver said, if it was asked.</param>
public sealed class DeviceMemoryException(Device device, string message, Exception? cause = null) : OutOfMemoryException(message, cause)
{
    /// <summary>The device that is full.</summary>
    public Device Device => device;
}
