namespace GpuStyle.Cli;

/// <summary>A wrong argument or input. The message is one line that names it and says what to do.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
