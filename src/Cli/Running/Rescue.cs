using GpuStyle.Files;
using GpuStyle.Imaging;

namespace GpuStyle.Cli.Running;

/// <summary>A picture that took long to compute is not lost because its place has gone or its disk is full.</summary>
internal static class Rescue
{
    /// <summary>Saves a picture; where that fails, puts it elsewhere and says so in the failure's message.</summary>
    /// <exception cref="FailureException">It could not be saved where it belongs.</exception>
    public static SaveReport Save(string target, PictureRows picture, SaveOptions options)
    {
        try
        {
            return PictureFile.SaveRows(target, picture, options);
        }
        catch (PictureException e)
        {
            string place;
            try
            {
                place = Elsewhere(Path.GetFileName(target), picture, options);
            }
            catch (PictureException)
            {
                throw new FailureException(e.Message);
            }
            throw new FailureException($"{e.Message}. The picture is in {place} for now.");
        }
    }

    /// <summary>
    /// Saves a picture in a new folder among the temporary files or, where that fails, in the current folder under a new name.
    /// </summary>
    /// <returns>The file.</returns>
    /// <exception cref="PictureException">Neither can be written; the message is that of the temporary files.</exception>
    public static string Elsewhere(string name, PictureRows picture, SaveOptions options)
    {
        try
        {
            return InNewFolder(name, file => PictureFile.SaveRows(file, picture, options));
        }
        catch (PictureException e)
        {
            string word = Path.GetFileNameWithoutExtension(Path.GetRandomFileName());
            string file = $"{Path.GetFileNameWithoutExtension(name)}-{word}{Path.GetExtension(name)}";
            try
            {
                PictureFile.SaveRows(file, picture, options);
                return file;
            }
            catch (PictureException)
            {
                throw e;
            }
        }
    }

    /// <summary>Does something with a file that is not there yet in a new folder among the temporary files.</summary>
    /// <returns>The file. Where it cannot be made nothing is left.</returns>
    /// <exception cref="PictureException">The folder or the file cannot be made.</exception>
    public static string InNewFolder(string name, Action<string> make)
    {
        string folder;
        try
        {
            folder = TemporaryFiles.CreateFolder();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PictureException($"cannot write '{name}': {TemporaryFiles.Lack(e)}", e);
        }
        bool made = false;
        try
        {
            string file = Path.Combine(folder, name);
            make(file);
            made = true;
            return file;
        }
        finally
        {
            if (!made) TemporaryFiles.Remove(folder);
        }
    }

    /// <summary>Removes what <see cref="Elsewhere"/> or <see cref="InNewFolder"/> made, and the folder that was made for it.</summary>
    public static void Remove(string file)
    {
        TemporaryFiles.Remove(file);
        if (Path.GetDirectoryName(file) is { Length: > 0 } folder) TemporaryFiles.Remove(folder);
    }
}
