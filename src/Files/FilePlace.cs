namespace GpuStyle.Files;

/// <summary>
/// Where a path leads, for telling whether several lead to one file. What is asked of the operating system is asked once.
/// </summary>
public sealed class FilePlace
{
    readonly FileStatus? status;

    FilePlace(string path) => (Path, status) = (path, FileStatus.Of(path));

    /// <summary>The path without links (<see cref="RealPath"/>).</summary>
    public string Path { get; }

    /// <summary>Whether a plain file is there, which can be read again and again.</summary>
    public bool IsPlain => status?.Type is FileType.Plain;

    /// <summary>The place that a path leads to; nothing need be there.</summary>
    /// <exception cref="FileException">Links lead in a circle, or the path cannot be looked at.</exception>
    public static FilePlace Of(string path)
    {
        string real = RealPath.Of(path);
        try
        {
            return new(real);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileException(path, AtomicFile.Reason(e), "choose another name", e);
        }
    }

    /// <summary>
    /// Whether writing to one would change the other. Files that exist are compared by the system's numbers, which hard links and bind
    /// mounts share. Pipes and devices keep nothing that could change.
    /// </summary>
    public bool Same(FilePlace other)
    {
        if (status?.Type is FileType.Stream || other.status?.Type is FileType.Stream) return false;
        if (Path == other.Path) return true;
        if (status is null != other.status is null) return false;
        if (status is not null && status.Number is { } mine && other.status!.Number is { } theirs) return mine == theirs;
        string name = System.IO.Path.GetFileName(Path), otherName = System.IO.Path.GetFileName(other.Path);
        if (!string.Equals(name, otherName, StringComparison.OrdinalIgnoreCase)) return false;
        if (System.IO.Path.GetDirectoryName(Path) is not { } folder
            || System.IO.Path.GetDirectoryName(other.Path) is not { } otherFolder) return false;
        return (folder == otherFolder || new FilePlace(folder).Same(new(otherFolder))) && (name == otherName || IgnoresCase(folder));
    }

    /// <summary>Whether both lead to one file.</summary>
    /// <exception cref="FileException">As <see cref="Of"/>.</exception>
    public static bool Same(string path, string other) => Of(path).Same(Of(other));

    /// <summary>
    /// Whether a folder takes names that differ in case for the same: a file is made there and looked for by another name.
    /// </summary>
    static bool IgnoresCase(string folder)
    {
        string probe = $".gpustyle-{System.IO.Path.GetRandomFileName()}";
        try
        {
            string made = System.IO.Path.Combine(folder, probe);
            using var file = new FileStream(made, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return File.Exists(System.IO.Path.Combine(folder, probe.ToUpperInvariant()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();
        }
    }
}
