using System.Text.RegularExpressions;

namespace GpuStyle.Files;

/// <summary>Where a path leads once every link on the way has been followed.</summary>
public static partial class RealPath
{
    /// <summary>As many links as Linux follows.</summary>
    const int MostLinks = 40;

    /// <summary>
    /// The path without links, as the operating system would find it: a link is relative to the folder it lies in, and <c>..</c> behind a
    /// linked folder is the parent of the folder that the link leads to. What does not exist is taken by its name, so a link that leads
    /// nowhere gives the file that writing to it would create.
    /// </summary>
    /// <exception cref="FileException">Links lead in a circle, or the path is no path.</exception>
    public static string Of(string path)
    {
        try
        {
            // Windows removes .. by name, before it looks at links.
            return Follow(path, OperatingSystem.IsWindows() ? Path.GetFullPath(path) : path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FileException(path, AtomicFile.Reason(e), "choose another name", e);
        }
    }

    static string Follow(string path, string full)
    {
        if (full.Length == 0) throw new FileException("''", "the name is empty", "name a file");
        string at = Path.IsPathRooted(full) ? Path.GetPathRoot(full)! : Environment.CurrentDirectory;
        var rest = new Stack<string>(Names(full));
        for (int links = 0; rest.TryPop(out string? name);)
        {
            if (name == ".") continue;
            if (name == "..")
            {
                at = Path.GetDirectoryName(at) ?? at;
                continue;
            }
            string next = Path.Combine(at, name);
            // Links there say what a process has open; they are no paths.
            string? target = OpenFiles().IsMatch(at) ? null : new FileInfo(next).LinkTarget;
            if (target is null)
            {
                at = next;
                continue;
            }
            if (++links > MostLinks) throw new FileException(path, "links lead in a circle", "remove one of them or choose another name");
            if (Path.IsPathRooted(target)) at = Path.GetPathRoot(target)!;
            foreach (string part in Names(target)) rest.Push(part);
        }
        return at;
    }

    /// <summary>The names in a path behind its root, the last one first.</summary>
    static IEnumerable<string> Names(string path) =>
        path[(Path.GetPathRoot(path)?.Length ?? 0)..]
            .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse();

    [GeneratedRegex("^/proc/[0-9]+(/task/[0-9]+)?/fd$")]
    private static partial Regex OpenFiles();
}
