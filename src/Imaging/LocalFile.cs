using System.Collections.Concurrent;
using GpuStyle.Files;

namespace GpuStyle.Imaging;

/// <summary>Files that can be read again and again: a regular file as it is, what comes through a pipe as a copy of it.</summary>
static class LocalFile
{
    /// <summary>
    /// By names, with "-" for standard input. Each has a lock of its own: a pipe that nothing comes from holds up no other file.
    /// </summary>
    static readonly ConcurrentDictionary<string, Known> Names = [];

    static LocalFile() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var known in Names.Values) known.Copy?.Dispose();
    };

    /// <summary>
    /// The full path of a regular file with the bytes of this one; "-" is standard input. A pipe is emptied once and remembered by its
    /// name.
    /// </summary>
    /// <exception cref="PictureException">
    /// Missing, no file, empty, not permitted, or no room for a copy; the message names it as it was given.
    /// </exception>
    public static string Of(string path)
    {
        string failing = $"cannot read '{path}'";
        try
        {
            bool standardInput = path is "-" or "/dev/stdin" or "/dev/fd/0" or "/proc/self/fd/0";
            string full = standardInput ? "-" : Full(path);
            var known = Names.GetOrAdd(full, _ => new());
            lock (known)
            {
                if (known.Copy is { } copy) return copy.Path;
                if (Directory.Exists(full)) throw new PictureException($"{failing}: it is a folder; name a picture file");
                if (standardInput && !PictureFile.HasStandardInput)
                    throw new PictureException($"{failing}: standard input is closed; use '< FILE' or a pipe, or name a file");
                if (standardInput && !Console.IsInputRedirected)
                    throw new PictureException($"{failing}: nothing is piped into standard input; use '< FILE' or a pipe, or name a file");
                using Stream stream = path == "-" ? Console.OpenStandardInput() : new FileStream(
                    standardInput ? path : full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                if (!stream.CanSeek) return (known.Copy = Copy(stream, failing)).Path;
                if (stream.Length == 0) throw new PictureException($"{failing}: the file is empty; copy or download it again");
                return standardInput ? path : full;
            }
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PictureException(Path.GetFullPath(path).Contains('\uFFFD')
                ? $"{failing}: there is no such file, and its {(path.Contains('\uFFFD') ? "" : "folder's ")}name cannot be decoded, since it is not UTF-8; " +
                    "rename it (convmv -f latin1 -t utf8) or pipe it in: gpustyle ... - < FILE"
                : $"{failing}: there is no such file; check the name", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new PictureException($"{failing}: permission denied; change the file's permissions", error);
        }
        catch (Exception error) when (error is IOException or ArgumentException or NotSupportedException or FileException)
        {
            throw new PictureException($"{failing}: {Vips.Reason(error)}; check the name", error);
        }
    }

    /// <summary>The full path as the operating system resolves it: "link/.." is the folder above the one that the link leads to.</summary>
    static string Full(string path) => path.Split('/').Contains("..") ? RealPath.Of(path) : Path.GetFullPath(path);

    static TemporaryFile Copy(Stream stream, string failing)
    {
        var copy = new TemporaryFile(failing);
        long length = 0;
        try
        {
            length = TemporaryFile.Guard(failing, () => copy.Fill(stream));
        }
        finally
        {
            if (length == 0) copy.Dispose();
        }
        return length > 0 ? copy
            : throw new PictureException($"{failing}: nothing came through the pipe; check the program that writes into it");
    }

    sealed class Known
    {
        public TemporaryFile? Copy { get; set; }
    }
}
