namespace GpuStyle.Imaging;

/// <summary>Files that appear complete or not at all.</summary>
static class AtomicFile
{
    /// <summary>
    /// Lets <paramref name="write"/> fill a temporary file beside <paramref name="path"/>, flushes it to the disk and renames it over
    /// the path. On any failure the temporary file is removed and a file that was there before stays as it was.
    /// </summary>
    /// <exception cref="PictureException">The file cannot be written; the message names it.</exception>
    public static void Write(string path, Action<string> write)
    {
        string target = Target(path);
        string temporary = Create(path, target);
        try
        {
            write(temporary);
            using (var file = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite)) file.Flush(flushToDisk: true);
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new PictureException($"cannot write '{path}': {Vips.Reason(error)}; choose another place", error);
        }
        finally
        {
            Remove(temporary);
        }
    }

    /// <summary>Tries out, without leaving anything behind, whether a file can be made at this path.</summary>
    /// <exception cref="PictureException">It cannot; the message names the path.</exception>
    public static void Check(string path) => Remove(Create(path, Target(path)));

    // Through a link, so that the file it points to is replaced and not the link.
    static string Target(string path)
    {
        if (Directory.Exists(path)) throw new PictureException($"cannot write '{path}': it is a folder; name a file in it");
        try
        {
            return Path.GetFullPath(File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path);
        }
        catch (Exception error) when (error is IOException or ArgumentException)
        {
            throw new PictureException($"cannot write '{path}': {Vips.Reason(error)}; choose another name", error);
        }
    }

    static string Create(string path, string target)
    {
        string folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder))
            throw new PictureException(File.Exists(folder)
                ? $"cannot write '{path}': '{folder}' is a file and no folder; choose another folder"
                : $"cannot write '{path}': there is no folder '{folder}'; create it or choose another");
        string temporary = Path.Combine(folder, $".gpustyle-{Path.GetRandomFileName()}.tmp");
        try
        {
            using var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write);
            return temporary;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new PictureException($"cannot write '{path}': files cannot be created in '{folder}'; change its permissions or choose another folder", error);
        }
    }

    static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to tell.
        }
    }
}
