namespace GpuStyle.Benchmarks;

/// <summary>
/// What a streaming multiprocessor of an NVIDIA chip has for groups that are on it at once (CUDA C++ Programming Guide, "Compute
/// Capabilities").
/// </summary>
/// <param name="Shared">Bytes of shared memory.</param>
/// <param name="Warps">Warps at once.</param>
/// <param name="Groups">Groups at once.</param>
/// <param name="Reserved">Bytes of shared memory that a group takes beside those it asks for.</param>
public sealed record Multiprocessor(int Shared, int Warps, int Groups, int Reserved = 1024)
{
    const int Registers = 65536, WarpSize = 32, RegisterUnit = 256, SharedUnit = 128;

    /// <summary>The multiprocessor of a chip such as sm_90.</summary>
    public static Multiprocessor Of(string chip) => chip switch
    {
        "sm_75" => new(64 << 10, 32, 16, 0),
        "sm_80" => new(164 << 10, 64, 32),
        "sm_86" => new(100 << 10, 48, 16),
        "sm_89" => new(100 << 10, 48, 24),
        "sm_90" or "sm_100" => new(228 << 10, 64, 32),
        "sm_120" or "sm_121" => new(100 << 10, 48, 24),
        _ => throw new ArgumentException($"{chip}: its multiprocessor is not known here"),
    };

    /// <summary>Groups that are on it at once.</summary>
    /// <param name="threads">Threads of a group.</param>
    /// <param name="registers">Registers of a thread.</param>
    /// <param name="shared">Bytes of shared memory of a group.</param>
    public int GroupsOf(int threads, int registers, int shared)
    {
        int warps = (threads + WarpSize - 1) / WarpSize;
        int ofWarp = (registers * WarpSize + RegisterUnit - 1) / RegisterUnit * RegisterUnit;
        int taken = (shared + Reserved + SharedUnit - 1) / SharedUnit * SharedUnit;
        return new[] { Groups, Warps / warps, Registers / ofWarp / warps, taken == 0 ? Groups : Shared / taken }.Min();
    }
}
