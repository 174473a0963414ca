namespace GpuStyle.WeightsLoader;

/// <summary>An attempt to download that failed for the network's or the server's reasons; another address may do.</summary>
sealed class NetworkException(string message, bool reached, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether a server was reached at all.</summary>
    public bool Reached => reached;

    /// <summary>Whether to go on from where it stopped makes sense.</summary>
    public bool CanResume { get; init; }
}
