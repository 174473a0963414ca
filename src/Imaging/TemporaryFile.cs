namespace GpuStyle.Imaging;

/// <summary>A file in the folder for temporary files that only this user can read. Disposing deletes it.</summary>
sealed class TemporaryFile : IDisposable
{
    /// <summary>An empty file.</summary>
    /// <param name="extension">What its name ends with.</param>
    /// <param name="purpose">What failed if it cannot be made, such as "cannot read 'a.png'".</param>
    /// <exception cref="PictureException">It cannot be made; the message names the folder and what sets it.</exception>
    public TemporaryFile(string extension, string purpose)
    {
        string folder = System.IO.Path.GetTempPath();
        Path = System.IO.Path.Combine(folder, $"gpustyle-{System.IO.Path.GetRandomFileName()}{extension}");
        Guard(purpose, () =>
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new FileStream(Path, options);
            return true;
        });
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Does something with a temporary file. What goes wrong with it is told with the folder and what sets it.</summary>
    public static T Guard<T>(string purpose, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NetVips.VipsException)
        {
            string folder = System.IO.Path.GetTempPath(), variable = OperatingSystem.IsWindows() ? "TMP" : "TMPDIR";
            string finding = !Directory.Exists(folder) ? "there is no such folder" : error is UnauthorizedAccessException ? "files cannot be created there" : Vips.Reason(error);
            throw new PictureException($"{purpose}: a temporary file is needed in '{folder}': {finding}; set the environment variable {variable} to a folder with room that you can write to", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(Path);
}
