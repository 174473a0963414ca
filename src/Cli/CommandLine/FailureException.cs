namespace GpuStyle.Cli;

/// <summary>What failed while running, nothing having been wrong with the command line. The message is one line that says what is left.</summary>
internal sealed class FailureException(string message) : Exception(message);
