namespace GpuStyle.Kernels;

/// <summary>
/// Settings, pictures or devices that do not go together. The message is one line for whoever chose them, and says what to change. Any other
/// <see cref="ArgumentException"/> is a fault of the caller's code.
/// </summary>
/// <param name="message">What does not go together, and what to do.</param>
public sealed class RequestException(string message) : ArgumentException(message);
