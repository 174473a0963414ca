namespace GpuStyle.WeightsLoader;

/// <summary>How a download ended.</summary>
public enum DownloadStatus
{
    /// <summary>The file is there, whole and checked.</summary>
    Done,

    /// <summary>No server was reached: no network, no such host, no answer.</summary>
    NoNetwork,

    /// <summary>A server was reached and the file is not there: an error status, a wrong hash, a full disk, a cut connection.</summary>
    Failed,
}

/// <summary>The end of a download.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Path">The file; null unless <see cref="DownloadStatus.Done"/>.</param>
/// <param name="Message">One line for people, that names the file and, after a failure, says what to do.</param>
public sealed record DownloadResult(DownloadStatus Status, string? Path, string Message);
