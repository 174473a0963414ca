using System.Globalization;

namespace GpuStyle.Kernels;

/// <summary>Bytes of the processor's caches, as Linux tells them; elsewhere what a present processor has at least.</summary>
internal static class CacheSizes
{
    const long UsualSecond = 1 << 20, UsualThird = 8 << 20;
    const long ThirdPerThread = 16 << 20;
    const string Folder = "/sys/devices/system/cpu/cpu0/cache";

    /// <summary>The second-level cache, a core's own.</summary>
    public static long Second { get; } = Read("2") ?? UsualSecond;

    /// <summary>The third-level cache, shared by cores; where there is none, four times the second.</summary>
    public static long Third { get; } = Read("3") ?? Math.Max(UsualThird, 4 * Second);

    /// <summary>
    /// Whether outputs of so many bytes are better stored past the caches: where they take more than a quarter of the third-level one. Of that at most 16 MB are counted for each thread of
    /// the hardware: a virtual machine with few of them is told of the whole processor's cache, which its neighbours use too. Block sizes do not heed that: slower (docs/lab/speed.md).
    /// </summary>
    public static bool Passes(long bytes) => bytes > Math.Min(Third, ThirdPerThread * Environment.ProcessorCount) / 4;

    static long? Read(string level)
    {
        try
        {
            if (!Directory.Exists(Folder)) return null;
            foreach (string index in Directory.EnumerateDirectories(Folder, "index*"))
                if (Text(index, "level") == level && Text(index, "type") == "Unified") return Bytes(Text(index, "size"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        return null;
    }

    static string Text(string index, string name) => File.ReadAllText(Path.Combine(index, name)).Trim();

    /// <summary>Sizes are given as 1024K or 32M.</summary>
    static long? Bytes(string size)
    {
        long unit = size.EndsWith('K') ? 1 << 10 : size.EndsWith('M') ? 1 << 20 : 1;
        return long.TryParse(size.AsSpan().TrimEnd("KM"), NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count > 0 ? count * unit : null;
    }
}
