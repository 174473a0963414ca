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
    readonly string path, target, folder;
    readonly FileStatus? existing;
    readonly UnixFileMode permissions;
    bool inPlace;

    /// <summary>Finds out whether and how a path can be written.</summary>
    /// <exception cref="FileException">It cannot.</exception>
    public WritePlace(string path)
    {
        this.path = path;
        target = RealPath.Of(path);
        if (Path.EndsInDirectorySeparator(path)) throw Problem("it is the name of a folder", "name a file in it");
        folder = Path.GetDirectoryName(target) ?? "";
        existing = FileStatus.Of(target);
        if (existing?.Type is FileType.Folder || folder.Length == 0) throw Problem("it is a folder", "name a file in it");
        if (existing?.Type is FileType.Other) throw Problem("it is neither a file nor a pipe", "name a file");
        if (existing?.Type is FileType.Plain)
        {
            CheckWritable();
            if (!OperatingSystem.IsWindows()) permissions = File.GetUnixFileMode(target);
        }
        if (!Directory.Exists(folder))
            throw File.Exists(folder)
                ? Problem($"'{folder}' is a file and no folder", "choose another folder")
                : Problem($"there is no folder '{folder}'", "create it or choose another", new DirectoryNotFoundException());
        inPlace = existing is { Type: FileType.Stream } || folder.StartsWith("/proc/", StringComparison.Ordinal);
        Temporary = (inPlace ? null : Create(folder)) ?? (existing is null
            ? throw Problem($"files cannot be created in '{folder}'", "change its permissions or choose another folder")
            : Create(TemporaryFiles.Folder) ?? throw Problem($"temporary files cannot be created in '{TemporaryFiles.Folder}'",
                "let the variable TMPDIR name a folder where they can"));
        if (existing is { Type: FileType.Plain })
            inPlace |= !IsBeside || Held(existing, FileStatus.Of(folder), FileStatus.Of(Temporary));
    }

    /// <summary>The file that takes the bytes.</summary>
    public string Temporary { get; }

    /// <summary>Puts the temporary file's bytes where they belong.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be written.</exception>
    public void Finish()
    {
        using (var file = new FileStream(Temporary, FileMode.Open, FileAccess.Write)) file.Flush(flushToDisk: true);
        // What was there may have been removed or replaced meanwhile.
        var now = FileStatus.Of(target);
        if (now is null ? IsBeside : !inPlace && now.Type is FileType.Plain && TakesOver(now))
        {
            if (now is null && permissions != 0 && !OperatingSystem.IsWindows()) File.SetUnixFileMode(Temporary, permissions);
            try
            {
                File.Move(Temporary, target, overwrite: true);
                return;
            }
            catch (Exception e) when (now is not null && e is (IOException or UnauthorizedAccessException))
            {
                // What is mounted or protected in a way that did not show can still be written in place.
            }
        }
        Copy(now);
    }

    /// <summary>Removes the temporary file if it is still there.</summary>
    public void Dispose() => TemporaryFiles.Remove(Temporary);

    /// <summary>Whether the temporary file is in the folder of the target, so that it can be renamed.</summary>
    bool IsBeside => Path.GetDirectoryName(Temporary) == folder;

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
        try
        {
            return TemporaryFiles.Create(folder, ".gpustyle-", ".tmp", isPrivate: existing is not null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Gives the temporary file the owner and the permissions of the file that it replaces. False if it may not.</summary>
    bool TakesOver(FileStatus now)
    {
        // A file that was not there when the temporary file was made has come by another program: its permissions are no wish of anybody's.
        if (OperatingSystem.IsWindows() || existing is null) return true;
        try
        {
            var own = FileStatus.Of(Temporary)!;
            if ((own.User, own.Group) != (now.User, now.Group) && Chown(Temporary, now.User, now.Group) != 0) return false;
            File.SetUnixFileMode(Temporary, File.GetUnixFileMode(target));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    void Copy(FileStatus? now)
    {
        using var from = new FileStream(Temporary, FileMode.Open, FileAccess.Read);
        using var to = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (now?.Type != FileType.Plain)
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
