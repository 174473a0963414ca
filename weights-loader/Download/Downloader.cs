namespace GpuStyle.WeightsLoader;

/// <summary>
/// Downloads a weight file into a folder: resumed where an earlier attempt stopped, checked by its hash, put in its place in one
/// step, by one process at a time. The expected hash is the table's (of whatever kind and length the publisher gives), else the
/// SHA-256 that the publisher's server names; without either the file is refused, unless <see cref="DownloadOptions.AllowUnverified"/>. A file with a wrong hash is deleted.
/// </summary>
public sealed class Downloader
{
    readonly DownloadOptions options;

    /// <summary>A downloader with the given or the usual options.</summary>
    public Downloader(DownloadOptions? options = null) => this.options = options ?? new DownloadOptions();

    /// <summary>
    /// Downloads <paramref name="file"/> to <paramref name="folder"/> (made where it is missing), trying its addresses in order.
    /// A file that is there already is not downloaded again.
    /// </summary>
    /// <returns>How it ended; failures are values, not exceptions.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; what is here stays, and a later call goes on from there.</exception>
    public async Task<DownloadResult> FetchAsync(
        KnownWeightFile file, string folder, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        string path = Path.Combine(folder, file.FileName);
        try
        {
            Directory.CreateDirectory(folder);
            using var held = await FolderLock.TakeAsync(path + ".lock", () => ReportOther(path, file, progress), cancellation).ConfigureAwait(false);
            if (File.Exists(path)) return new DownloadResult(DownloadStatus.Done, path, $"{path} is there already.");
            using var server = new Server(this.options);
            return await new Attempts(file, path, server, this.options, progress).RunAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = IsDiskFull(e) ? "the disk is full: make room, or choose another folder with GPUSTYLE_CACHE" : $"{Text.Printable(e.Message.TrimEnd('.'))}: choose another folder with GPUSTYLE_CACHE";
            return new DownloadResult(DownloadStatus.Failed, null, $"{Text.Printable(path)} cannot be written: {why}.");
        }
    }

    /// <summary>While another process downloads the same file, its progress is ours.</summary>
    static void ReportOther(string path, KnownWeightFile file, IProgress<DownloadProgress>? progress)
    {
        var part = new FileInfo(path + ".part");
        if (part.Exists) progress?.Report(new DownloadProgress(part.Length, file.Bytes, 0));
    }

    /// <summary>ENOSPC and EDQUOT on Linux and macOS; ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL on Windows.</summary>
    static bool IsDiskFull(Exception e) => (e.HResult & 0xFFFF) is var code
        && (OperatingSystem.IsWindows() ? code is 112 or 39 : code is 28 or 122 or 69);
}
