using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GpuStyle.Files;

/// <summary>A file's status from Windows' GetFileInformationByHandle.</summary>
internal static unsafe partial class WindowsStatus
{
    /// <summary>Null for a file that cannot be opened.</summary>
    public static FileStatus? Of(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Answer a;
            return GetFileInformationByHandle(file, &a) == 0 ? null : new(FileType.Plain, new(a.Volume, a.IndexLow, a.IndexHigh));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("kernel32")]
    private static partial int GetFileInformationByHandle(SafeFileHandle file, Answer* answer);

    [StructLayout(LayoutKind.Explicit, Size = 52)]
    struct Answer
    {
        [FieldOffset(28)] public uint Volume;
        [FieldOffset(44)] public uint IndexHigh;
        [FieldOffset(48)] public uint IndexLow;
    }
}
