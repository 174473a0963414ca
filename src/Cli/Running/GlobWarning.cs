using GpuStyle.Imaging;

namespace GpuStyle.Cli.Running;

/// <summary>
/// Tells that a second photograph has become a style, as by <c>transfer *.jpg</c>: the shell puts all names on the command line, and the
/// first one alone is the content.
/// </summary>
internal static class GlobWarning
{
    /// <summary>The line to say; null: the styles do not look like photographs.</summary>
    /// <param name="content">The content as it was named.</param>
    /// <param name="styles">The styles as they were named.</param>
    public static string? Find(string content, IReadOnlyList<string> styles)
    {
        string? photograph;
        try
        {
            photograph = IsWholeGlob([content, .. styles]) ? styles[0] : IsFromCamera(content) ? styles.FirstOrDefault(IsFromCamera) : null;
        }
        catch (Exception e) when (e is PictureException or IOException or UnauthorizedAccessException)
        {
            return null; // what is wrong with a picture is told where it is read
        }
        return photograph is null ? null
            : $"{photograph} is taken for a style, though it looks like another photograph: only the first picture, {content}, is painted. "
                + "Give several photographs to one command each, or '--' before the pictures if this is meant.";
    }

    /// <summary>Three names or more that are all JPEG files of a folder: what a shell writes for a star.</summary>
    static bool IsWholeGlob(string[] names)
    {
        const int Least = 3;
        string folder = Path.GetDirectoryName(names[0]) ?? "", extension = Path.GetExtension(names[0]);
        bool Fits(string name) =>
            (Path.GetDirectoryName(name) ?? "") == folder && Path.GetExtension(name) == extension && File.Exists(name);
        if (names.Length < Least || extension.ToLowerInvariant() is not (".jpg" or ".jpeg") || !names.All(Fits)) return false;
        var there = Directory.EnumerateFiles(folder.Length == 0 ? "." : folder).Select(f => Path.GetFileName(f))
            .Where(f => f[0] != '.' && Path.GetExtension(f) == extension);
        return there.ToHashSet().SetEquals(names.Select(n => Path.GetFileName(n)));
    }

    static bool IsFromCamera(string name) =>
        File.Exists(name) && PictureFile.Inspect(name, new() { MaxPixels = PictureInput.MostPixels }).FromCamera;
}
