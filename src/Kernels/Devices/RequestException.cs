namespace GpuStyle.Kernels;

/// <summary>
/// Settings, pictures or devices that do not go together. The message is one line for whoever chose them, and says what to change. An
/// <see cref="ArgumentException"/> that is neither this nor a <see cref="DeviceException"/> is a fault of the calling code.
/// </summary>
/// <param name="message">What does not go together, and what to do.</param>
public sealed class RequestException(string message) : ArgumentException(message);
