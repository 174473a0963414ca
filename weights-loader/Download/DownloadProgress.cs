namespace GpuStyle.WeightsLoader;

/// <summary>How far a download is; reported at most ten times a second, and at the end.</summary>
/// <param name="Bytes">Bytes that are here, those of an earlier attempt included.</param>
/// <param name="Total">The whole file's length; null when the server does not say.</param>
/// <param name="BytesPerSecond">Over the last five seconds, of this attempt alone.</param>
public readonly record struct DownloadProgress(long Bytes, long? Total, double BytesPerSecond);
