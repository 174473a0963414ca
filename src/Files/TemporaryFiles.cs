namespace GpuStyle.Files;

/// <summary>Files with random names that are wanted for a while. Removing one never fails.</summary>
public static class TemporaryFiles
{
    /// <summary>The folder for temporary files, which a variable sets: TMPDIR, on Windows TMP. It need not exist.</summary>
    public static string Folder => Path.GetTempPath();

    /// <summary>Makes an empty file with a random name.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="prefix">What its name begins with.</param>
    /// <param name="suffix">What its name ends with.</param>
    /// <param name="isPrivate">Whether nobody else may read it (mode 600 on Unix); else it has the permissions of any new file.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static string Create(string folder, string prefix, string suffix, bool isPrivate = true)
    {
        string path = Path.Combine(folder, prefix + Path.GetRandomFileName() + suffix);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (isPrivate && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(path, options).Dispose();
        return path;
    }

    /// <summary>Makes a folder among the temporary files that only this user can enter.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static string CreateFolder() => Directory.CreateTempSubdirectory("gpustyle-").FullName;

    /// <summary>Removes a file, or a folder with what is in it, if it is there and can be removed.</summary>
    public static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left over does no harm, and what the file was made for is done or has failed by itself.
        }
    }

    /// <summary>Why no temporary file could be made or filled, and what to do: some words for a message of one line.</summary>
    public static string Lack(Exception error)
    {
        string finding = !Directory.Exists(Folder) ? "there is no such folder"
            : error is UnauthorizedAccessException ? "files cannot be created there"
            : AtomicFile.Reason(error);
        return $"a temporary file is needed in '{Folder}': {finding}; set the environment variable " +
            $"{(OperatingSystem.IsWindows() ? "TMP" : "TMPDIR")} to a folder with room that you can write to";
    }
}
