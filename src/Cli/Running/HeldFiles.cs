using GpuStyle.Imaging;
using Microsoft.Win32.SafeHandles;

namespace GpuStyle.Cli.Running;

/// <summary>
/// Files that are open until the command ends. A run may take hours, in which a file may be moved or deleted: held open, it can be read
/// again where a system gives open files a name.
/// </summary>
internal static class HeldFiles
{
    static readonly List<SafeFileHandle> Held = [];

    /// <summary>Opens a picture file.</summary>
    public static SafeFileHandle Hold(string path)
    {
        var handle = File.OpenHandle(PictureFile.Local(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Held.Add(handle);
        return handle;
    }

    /// <summary>Closes one that is wanted no longer.</summary>
    public static void Release(SafeFileHandle handle)
    {
        Held.Remove(handle);
        handle.Dispose();
    }

    /// <summary>Closes all.</summary>
    public static void ReleaseAll()
    {
        Held.ForEach(h => h.Dispose());
        Held.Clear();
    }
}
