using GpuStyle.Files;
using Microsoft.Win32.SafeHandles;

namespace GpuStyle.WeightsLoader;

/// <summary>A file open for reading at any place, from several threads; every failure is a <see cref="WeightsException"/>.</summary>
sealed class InputFile : IByteSource, IDisposable
{
    readonly SafeFileHandle handle;

    InputFile(string path, SafeFileHandle handle, long length) => (Path, this.handle, Length) = (path, handle, length);

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>Length in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Opens an existing, seekable file that is not empty.</summary>
    public static InputFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0) throw new WeightsException("The path of a weight file is empty: name a file.");
        if (Directory.Exists(path)) throw Problem(path, "is a folder: name the weight file in it");
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            long length = RandomAccess.GetLength(handle);
            if (length == 0) throw Problem(path, "is empty: copy or download it again");
            return new InputFile(path, handle, length);
        }
        catch (WeightsException)
        {
            handle?.Dispose();
            throw;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Problem(path, "does not exist: check the path", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            handle?.Dispose();
            throw Problem(path, e is NotSupportedException ? "is not a plain file: name a file on disk" : Cannot("be opened", e), e);
        }
    }

    /// <summary>Fills <paramref name="target"/> from <paramref name="position"/> on.</summary>
    public void Read(Span<byte> target, long position)
    {
        try
        {
            while (!target.IsEmpty)
            {
                int read = RandomAccess.Read(this.handle, target, position);
                if (read == 0) throw Problem(Path, "became shorter while it was read: try again when nothing writes to it");
                target = target[read..];
                position += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Problem(Path, Cannot("be read", e), e);
        }
    }

    /// <summary>The file's first bytes, at most <paramref name="count"/>.</summary>
    public byte[] Start(int count)
    {
        var bytes = new byte[Math.Min(count, Length)];
        Read(bytes, 0);
        return bytes;
    }

    /// <summary>A problem with this file.</summary>
    public WeightsException Problem(string problem, Exception? inner = null) => Problem(Path, problem, inner);

    /// <summary>A message of one line that begins with the file's path.</summary>
    public static WeightsException Problem(string path, string problem, Exception? inner = null)
    {
        string line = $"{Text.Printable(path)} {problem}.";
        return inner is null ? new WeightsException(line) : new WeightsException(line, inner);
    }

    /// <summary>Writes a file that appears complete or not at all (<see cref="AtomicFile"/>).</summary>
    /// <exception cref="WeightsException">It cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            AtomicFile.Write(path, write);
        }
        catch (FileException e)
        {
            throw Problem(path, $"cannot be written: {Text.Printable(e.InnerException is DirectoryNotFoundException ? "its folder does not exist" : $"{e.Problem}; {e.Advice}")}", e);
        }
    }

    internal static string Cannot(string what, Exception e) =>
        e is UnauthorizedAccessException ? $"cannot {what}: permission denied" : $"cannot {what}: {Text.Printable(e.Message.TrimEnd('.'))}";

    /// <inheritdoc/>
    public void Dispose() => this.handle.Dispose();
}
