namespace GpuStyle.Files;

/// <summary>What a file is.</summary>
internal enum FileType
{
    /// <summary>A plain file.</summary>
    Plain,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A pipe, or a device such as a terminal that takes bytes one after the other.</summary>
    Stream,

    /// <summary>Anything else, such as a disk.</summary>
    Other,
}

/// <summary>What tells a file from all others of this machine while it exists.</summary>
internal readonly record struct FileNumber(ulong Device, ulong Low, ulong High = 0);

/// <summary>What the operating system knows of a file.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Number">What tells it from others; null where the system does not say.</param>
/// <param name="User">Its owner's number; 0 on Windows.</param>
/// <param name="Group">Its group's number; 0 on Windows.</param>
/// <param name="Sticky">Whether it is a folder in which nobody but a file's owner may replace it.</param>
/// <param name="Mount">The mount that it lies in.</param>
internal sealed record FileStatus(
    FileType Type, FileNumber? Number = null, uint User = 0, uint Group = 0, bool Sticky = false, ulong Mount = 0)
{
    /// <summary>The status of what a path leads to, links followed; null if there is nothing.</summary>
    /// <exception cref="IOException">The path cannot be looked at; its name may be too long.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder on the way may not be entered.</exception>
    public static FileStatus? Of(string path)
    {
        try
        {
            bool folder = File.GetAttributes(path).HasFlag(FileAttributes.Directory);
            var plain = new FileStatus(folder ? FileType.Folder : FileType.Plain);
            var known = OperatingSystem.IsLinux() ? LinuxStatus.Of(path)
                : OperatingSystem.IsMacOS() ? MacStatus.Of(path)
                : OperatingSystem.IsWindows() && !folder ? WindowsStatus.Of(path)
                : null;
            return known ?? plain;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>From the parts that Unix systems have in common.</summary>
    internal static FileStatus OfUnix(uint mode, FileNumber number, uint user, uint group, ulong mount) => new((mode & 0xF000) switch
    {
        0x8000 => FileType.Plain,
        0x4000 => FileType.Folder,
        0x1000 or 0x2000 => FileType.Stream,
        _ => FileType.Other,
    }, number, user, group, (mode & 0x200) != 0, mount);
}
