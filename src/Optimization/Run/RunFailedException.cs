namespace GpuStyle.Optimization;

/// <summary>A run that could not go on, with the picture that it had come to. Where no iteration was done, what went wrong is thrown as it is.</summary>
/// <param name="result">The picture, at the size that was being worked on; the catcher's to dispose of.</param>
/// <param name="cause">What went wrong.</param>
public sealed class RunFailedException(TransferResult result, Exception cause) : Exception(cause.Message, cause)
{
    /// <summary>The picture so far; its outcome is <see cref="Outcome.Cancelled"/>.</summary>
    public TransferResult Result { get; } = result;
}
