namespace GpuStyle.Files;

/// <summary>Files that appear complete or not at all, wherever the operating system allows that.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Lets <paramref name="write"/> fill a temporary file, flushes it to the disk and puts it in the place of <paramref name="path"/>,
    /// through links: by a rename, or, where a rename cannot replace what is there (see <see cref="WritePlace"/>), by copying its bytes. An
    /// existing file keeps its permissions and owner. On any failure before that the file that was there stays as it was, and the temporary
    /// file is removed.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Fills the file of the name that it is given, which exists and is empty.</param>
    /// <exception cref="FileException">The file cannot be written.</exception>
    public static void Write(string path, Action<string> write) => Named(path, () =>
    {
        using var place = new WritePlace(path);
        write(place.Temporary);
        place.Finish();
    });

    /// <summary>As the other, for what writes to a stream.</summary>
    /// <exception cref="FileException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write) => Write(path, (string temporary) =>
    {
        using var stream = new FileStream(temporary, FileMode.Open, FileAccess.Write, FileShare.None);
        write(stream);
    });

    /// <summary>
    /// Says, before a long run rather than after it, what <see cref="Write(string, Action{string})"/> would refuse: a folder, no folder, no
    /// permission, a file that is protected, links that lead in a circle. It leaves nothing behind, changes no file, and opens no pipe and
    /// no device.
    /// </summary>
    /// <exception cref="FileException">The file cannot be written.</exception>
    public static void Check(string path) => Named(path, () => new WritePlace(path).Dispose());

    static void Named(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileException(path, Reason(e), Full(e) ? "free some space or choose another place" : "choose another place", e);
        }
    }

    /// <summary>An error of the operating system in a few words, without the name of a file that the user has not named.</summary>
    internal static string Reason(Exception e) => e is UnauthorizedAccessException ? "permission denied"
        : e is PathTooLongException ? "the name is too long"
        : Full(e) ? "the disk is full"
        : string.Join(' ', e.Message.Split(" : '")[0].Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');

    static bool Full(Exception e) => e is IOException && e.HResult == (OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
}
