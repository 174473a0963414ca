namespace GpuStyle.WeightsLoader;

/// <summary>
/// One download of a file at a time, among all processes of the machine: an exclusively opened <c>NAME.lock</c>. The empty lock
/// file stays: removing it while others open it would let two of them in.
/// </summary>
static class FolderLock
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes the lock or waits for it; <paramref name="waiting"/> is called at every turn of the wait.</summary>
    /// <exception cref="IOException">The lock file cannot be made.</exception>
    public static async Task<IDisposable> TakeAsync(string path, Action waiting, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException e) when (IsHeld(e))
            {
                waiting();
            }
            await Task.Delay(Interval, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>EAGAIN on Linux and macOS; sharing and lock violations on Windows.</summary>
    static bool IsHeld(IOException e) =>
        e.GetType() == typeof(IOException) && (e.HResult & 0xFFFF) is var code
        && (OperatingSystem.IsWindows() ? code is 32 or 33 : code is 11 or 35);
}
