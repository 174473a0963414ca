namespace GpuStyle.WeightsLoader;

/// <summary>The folder for downloaded weights.</summary>
static class CacheFolder
{
    /// <summary>
    /// <c>GPUSTYLE_CACHE</c>; else <c>%LOCALAPPDATA%\gpustyle</c> on Windows; else <c>$XDG_CACHE_HOME/gpustyle</c> where that is an absolute
    /// path, as its specification demands; else <c>~/.cache/gpustyle</c>.
    /// </summary>
    public static string Find(Func<string, string?> environment)
    {
        if (environment("GPUSTYLE_CACHE") is { Length: > 0 } own) return Path.GetFullPath(own);
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "gpustyle");
        if (environment("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg)) return Path.Combine(xdg, "gpustyle");
        string home = environment("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(home.Length > 0 ? home : Path.GetTempPath(), ".cache", "gpustyle");
    }
}
