using GpuStyle.Files;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli;

/// <summary>What a command that has failed says, and its exit code.</summary>
internal static class Failures
{
    /// <summary>The code and the line; null where a developer wants to see the exception itself.</summary>
    public static (int Code, string Line)? Of(Exception e) => e switch
    {
        OperationCanceledException => (CommandTree.Interrupted, "interrupted before there was a result"),
        // A thread that cannot start wraps it.
        OutOfMemoryException or { InnerException: OutOfMemoryException } => (CommandTree.Failed, "out of memory: "
            + $"{(e as OutOfMemoryException ?? e.InnerException!).Message} Use a smaller --size, a shorter --history or --optimizer adam; "
            + "'gpustyle plan' tells what a run needs."),
        FailureException or RunFailedException => (CommandTree.Failed, e.Message),
        _ when DeviceFault.Describe(e) is { } fault => (CommandTree.Failed, fault),
        UserErrorException or RequestException or DeviceException or PictureException or WeightsException or FileException or IOException
            or UnauthorizedAccessException => (CommandTree.WrongInput, e.Message),
        _ when Environment.GetEnvironmentVariable("GPUSTYLE_DEBUG") is null => (CommandTree.Failed,
            $"a fault of this program, not of what it was given: {e.GetType().Name}: {e.Message.TrimEnd('.')}. "
            + "Run the same command with GPUSTYLE_DEBUG=1 set, and report what it writes."),
        _ => null,
    };
}
