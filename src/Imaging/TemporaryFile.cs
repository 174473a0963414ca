using GpuStyle.Files;

namespace GpuStyle.Imaging;

/// <summary>
/// A file among the temporary files that only this user can read. It is gone when it is disposed of, which never fails. Unless it needs a
/// name, it has none on Linux from the beginning and is found by its open handle alone, so that nothing is left however the program ends.
/// </summary>
sealed class TemporaryFile : IDisposable
{
    readonly FileStream stream;
    readonly string name;

    /// <summary>An empty file.</summary>
    /// <param name="purpose">What failed if it cannot be made, such as "cannot read 'a.png'".</param>
    /// <param name="extension">What its name ends with, for what must know it by that; null: it needs no name.</param>
    /// <exception cref="PictureException">It cannot be made; the message names the folder and what sets it.</exception>
    public TemporaryFile(string purpose, string? extension = null)
    {
        (name, stream) = Guard(purpose, () =>
        {
            string made = TemporaryFiles.Create(TemporaryFiles.Folder, "gpustyle-", extension ?? "");
            return (made, new FileStream(made, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
        });
        string open = $"/proc/self/fd/{stream.SafeFileHandle.DangerousGetHandle()}";
        Path = extension is null && OperatingSystem.IsLinux() && File.Exists(open) ? open : name;
        if (Path != name) TemporaryFiles.Remove(name);
    }

    /// <summary>A path by which this program can open it.</summary>
    public string Path { get; }

    /// <summary>Fills it from a stream.</summary>
    /// <returns>How many bytes it has then.</returns>
    /// <exception cref="IOException">The bytes cannot be read or written.</exception>
    public long Fill(Stream from)
    {
        from.CopyTo(stream);
        return stream.Length;
    }

    /// <summary>Does something with a temporary file. What goes wrong with it is told with the folder and what sets it.</summary>
    /// <exception cref="PictureException">It went wrong.</exception>
    public static T Guard<T>(string purpose, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NetVips.VipsException)
        {
            var reason = error is NetVips.VipsException ? new IOException(Vips.Reason(error), error) : error;
            throw new PictureException($"{purpose}: {TemporaryFiles.Lack(reason)}", reason);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        if (Path == name) TemporaryFiles.Remove(name);
    }
}
