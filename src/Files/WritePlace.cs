using System.Runtime.InteropServices;

namespace GpuStyle.Files;

/// <summary>
/// A place that can be written, with a temporary file for the bytes that will go there. The temporary file lies beside it and is renamed.
/// What is there is written in place instead, its bytes copied from the temporary file, if it is a pipe or a device, if something is
/// mounted on it, if its folder is closed to new files, or if the folder is sticky or the file another user's so that it cannot be replaced
/// by its like.
/// </summary>
internal sealed partial class WritePlace : IDisposable
{
    readonly string path, target;
    readonly FileStatus? existing;
    bool inPlace;

    /// <summary>Finds out whether and how a path can be written.</summary>
    /// <exception cref="FileException">It cannot.</exception>
    public WritePlace(string path)
    {
        this.path = path;
        target = RealPath.Of(path);
        if (Path.EndsInDirectorySeparator(path)) throw Problem("it is the name of a folder", "name a file in it");
        string? folder = Path.GetDirectoryName(target);
        existing = FileStatus.Of(target);
        if (existing?.Kind is FileKind.Folder || folder is null) throw Problem("it is a folder", "name a file in it");
        if (existing?.Kind is FileKind.Other) throw Problem("it is neither a file nor a pipe", "name a file");
        if (existing?.Kind is FileKind.Plain) CheckWritable();
        if (!Directory.Exists(folder))
            throw File.Exists(folder)
                ? Problem($"'{folder}' is a file and no folder", "choose another folder")
                : Problem($"there is no folder '{folder}'", "create it or choose another", new DirectoryNotFoundException());
        inPlace = existing is { Kind: FileKind.Stream } || folder.StartsWith("/proc/", StringComparison.Ordinal);
        Temporary = (inPlace ? null : Create(folder)) ?? (existing is null
            ? throw Problem($"files cannot be created in '{folder}'", "change its permissions or choose another folder")
            : Create(Path.GetTempPath())
                ?? throw Problem($"temporary files cannot be created in '{Path.GetTempPath()}'", "let the variable TMPDIR name a folder where they can"));
        if (existing is { Kind: FileKind.Plain })
            inPlace |= Path.GetDirectoryName(Temporary) != folder || Held(existing, FileStatus.Of(folder), FileStatus.Of(Temporary));
    }

    /// <summary>The file that takes the bytes.</summary>
    public string Temporary { get; }

    /// <summary>Puts the temporary file's bytes where they belong.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be written.</exception>
    public void Finish()
    {
        using (var file = new FileStream(Temporary, FileMode.Open, FileAccess.Write)) file.Flush(flushToDisk: true);
        if (!inPlace && (existing is null || TakesOver()))
        {
            try
            {
                File.Move(Temporary, target, overwrite: true);
                return;
            }
            catch (Exception e) when (File.Exists(target) && e is IOException or UnauthorizedAccessException)
            {
                // What is mounted or protected in a way that did not show can still be written in place.
            }
        }
        Copy();
    }

    /// <summary>Removes the temporary file if it is still there.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(Temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to tell.
        }
    }

    /// <summary>Whether a rename would not replace a file, as far as that can be told before.</summary>
    static bool Held(FileStatus file, FileStatus? folder, FileStatus? own) =>
        folder is not null && own is not null
            && (file.Mount != folder.Mount || (folder.Sticky && own.User != 0 && own.User != file.User && own.User != folder.User));

    void CheckWritable()
    {
        try
        {
            File.OpenHandle(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }
        catch (UnauthorizedAccessException e)
        {
            throw Problem("it is write-protected", "change its permissions or choose another name", e);
        }
    }

    /// <summary>
    /// An empty file; null where none can be made. Nobody else may read it if it is to replace one, whose permissions it gets at the end.
    /// </summary>
    string? Create(string folder)
    {
        string temporary = Path.Combine(folder, $".gpustyle-{Path.GetRandomFileName()}.tmp");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (existing is not null && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            new FileStream(temporary, options).Dispose();
            return temporary;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Gives the temporary file the owner and the permissions of the file that it replaces. False if it may not.</summary>
    bool TakesOver()
    {
        if (OperatingSystem.IsWindows()) return true;
        try
        {
            var own = FileStatus.Of(Temporary)!;
            if ((own.User, own.Group) != (existing!.User, existing.Group) && Chown(Temporary, existing.User, existing.Group) != 0) return false;
            File.SetUnixFileMode(Temporary, File.GetUnixFileMode(target));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    void Copy()
    {
        using var from = new FileStream(Temporary, FileMode.Open, FileAccess.Read);
        using var to = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (existing?.Kind != FileKind.Plain)
        {
            from.CopyTo(to);
            return;
        }
        // What goes beyond the old bytes comes first: a disk that is full is found out while they are still there.
        long old = to.Length, kept = Math.Min(old, from.Length);
        try
        {
            from.Position = to.Position = kept;
            from.CopyTo(to);
        }
        catch (IOException)
        {
            to.SetLength(old);
            throw;
        }
        from.Position = to.Position = 0;
        var buffer = new byte[1 << 16];
        for (int count; kept > 0 && (count = from.Read(buffer, 0, (int)Math.Min(buffer.Length, kept))) > 0; kept -= count)
            to.Write(buffer, 0, count);
        to.SetLength(from.Length);
        to.Flush(flushToDisk: true);
    }

    FileException Problem(string problem, string advice, Exception? inner = null) => new(path, problem, advice, inner);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chown(string path, uint user, uint group);
}
