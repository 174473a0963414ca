namespace GpuStyle.Kernels;

/// <summary>A device was asked for that is unknown, absent or unusable. The message is one line that says what there is.</summary>
public sealed class DeviceException : ArgumentException
{
    /// <summary>Makes the exception.</summary>
    public DeviceException(string message) : base(message) { }

    /// <summary>Makes the exception, keeping its cause.</summary>
    public DeviceException(string message, Exception cause) : base(message, cause) { }
}
