using System.ComponentModel;
using System.Diagnostics;

namespace GpuStyle.Tests.Support;

/// <summary>A disk of a given size in memory, mounted while it lives; the test skips where that is not allowed.</summary>
public sealed class SmallDisk : IDisposable
{
    readonly string folder;

    /// <param name="folder">Where to mount it; made if it is not there.</param>
    /// <param name="size">As Linux's tmpfs takes it, e.g. <c>1m</c>.</param>
    public SmallDisk(string folder, string size)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder);
        Assert.SkipUnless(OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder), $"a disk of {size} cannot be mounted here");
    }

    /// <inheritdoc/>
    public void Dispose() => Run("umount", folder);

    static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
