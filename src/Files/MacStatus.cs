using System.Runtime.InteropServices;

namespace GpuStyle.Files;

/// <summary>A file's status from macOS's stat with 64-bit inodes.</summary>
internal static unsafe partial class MacStatus
{
    /// <summary>Null where the call is missing or says nothing.</summary>
    public static FileStatus? Of(string path)
    {
        try
        {
            Answer a;
            if ((RuntimeInformation.ProcessArchitecture == Architecture.X64 ? Stat64(path, &a) : Stat(path, &a)) != 0) return null;
            return FileStatus.OfUnix(a.Mode, new(a.Device, a.Inode), a.User, a.Group, a.Device);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, Answer* answer);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat64(string path, Answer* answer);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Answer
    {
        [FieldOffset(0)] public uint Device;
        [FieldOffset(4)] public ushort Mode;
        [FieldOffset(8)] public ulong Inode;
        [FieldOffset(16)] public uint User;
        [FieldOffset(20)] public uint Group;
    }
}
