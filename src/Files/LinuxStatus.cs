using System.Runtime.InteropServices;

namespace GpuStyle.Files;

/// <summary>A file's status from Linux's statx, whose layout is the same on every processor.</summary>
internal static unsafe partial class LinuxStatus
{
    const int WorkingFolder = -100;
    const uint Basic = 0x7ff, MountNumber = 0x1000;

    /// <summary>Null where the call is missing or says nothing.</summary>
    public static FileStatus? Of(string path)
    {
        try
        {
            Answer a;
            if (Statx(WorkingFolder, path, 0, Basic | MountNumber, &a) != 0) return null;
            ulong device = ((ulong)a.DeviceMajor << 32) | a.DeviceMinor;
            // Before Linux 5.8 a mount has no number; its device is the next best.
            return FileStatus.OfUnix(a.Mode, new(device, a.Inode), a.User, a.Group, (a.Mask & MountNumber) != 0 ? a.Mount : device);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Answer* answer);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Answer
    {
        [FieldOffset(0)] public uint Mask;
        [FieldOffset(20)] public uint User;
        [FieldOffset(24)] public uint Group;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
        [FieldOffset(144)] public ulong Mount;
    }
}
