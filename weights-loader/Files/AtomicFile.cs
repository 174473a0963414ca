namespace GpuStyle.WeightsLoader;

/// <summary>Writing a file so that nobody ever sees half of it.</summary>
static class AtomicFile
{
    /// <summary>
    /// Writes a temporary file in the same folder, flushes it to the disk and renames it to <paramref name="path"/>. When
    /// anything fails, the temporary file goes and what was at <paramref name="path"/> stays.
    /// </summary>
    /// <exception cref="WeightsException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) throw InputFile.Problem(path, "is a folder: name a file to write");
        string full = Path.GetFullPath(path);
        string temporary = Path.Combine(Path.GetDirectoryName(full)!, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(temporary);
            throw InputFile.Problem(path, e is DirectoryNotFoundException
                ? "cannot be written: its folder does not exist"
                : InputFile.Cannot("be written", e), e);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one to report.
        }
    }
}
