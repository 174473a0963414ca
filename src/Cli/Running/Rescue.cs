using GpuStyle.Imaging;

namespace GpuStyle.Cli.Running;

/// <summary>A picture that took long to compute is not lost because its place has gone or its disk is full.</summary>
internal static class Rescue
{
    /// <summary>Saves a picture; where that fails, puts it into the folder for temporary files and says so in the failure's message.</summary>
    /// <exception cref="FailureException">It could not be saved where it belongs.</exception>
    public static SaveReport Save(string target, PictureRows picture, SaveOptions options)
    {
        try
        {
            return PictureFile.SaveRows(target, picture, options);
        }
        catch (PictureException e)
        {
            throw new FailureException(Elsewhere(target, picture, options) is { } place ? $"{e.Message}. The picture is in {place} for now." : e.Message);
        }
    }

    static string? Elsewhere(string target, PictureRows picture, SaveOptions options)
    {
        string? folder = null;
        try
        {
            folder = Directory.CreateTempSubdirectory("gpustyle-").FullName;
            string place = Path.Combine(folder, Path.GetFileName(target));
            PictureFile.SaveRows(place, picture, options);
            return place;
        }
        catch (Exception e) when (e is PictureException or IOException or UnauthorizedAccessException)
        {
            if (folder is not null) Directory.Delete(folder, recursive: true);
            return null;
        }
    }
}
