using System.Globalization;

namespace GpuStyle.Kernels;

/// <summary>The host's memory, as the system lets this process have it.</summary>
internal static class HostMemory
{
    /// <summary>Bytes there are, within a container's limit.</summary>
    public static long Total => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>
    /// Bytes that are free: what the system could give without swapping, and what this process may still take by the limits set for it, on
    /// its memory (a container's) and on its address space (<c>ulimit -v</c>).
    /// </summary>
    public static long Free
    {
        get
        {
            long left = Total - Environment.WorkingSet;
            if (!OperatingSystem.IsLinux()) return Math.Max(0, Math.Min(left, Total - LoadOfSystem()));
            left = Math.Min(left, Kilobytes("/proc/meminfo", "MemAvailable:") ?? long.MaxValue);
            if (Number("/proc/self/limits", "Max address space") is { } space) left = Math.Min(left, space - (Kilobytes("/proc/self/status", "VmSize:") ?? 0));
            return Math.Max(0, left);
        }
    }

    /// <summary>What all programs hold. The runtime knows it from its last collection.</summary>
    static long LoadOfSystem()
    {
        GC.Collect(0);
        return GC.GetGCMemoryInfo().MemoryLoadBytes;
    }

    static long? Kilobytes(string file, string name) => Number(file, name) * 1024;

    /// <summary>The first number behind a name at a line's start; null if there is none, such as <c>unlimited</c>.</summary>
    static long? Number(string file, string name)
    {
        try
        {
            string? line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
            string? word = line?[name.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // a system without /proc: the limit cannot be known
        }
    }
}
