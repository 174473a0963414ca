namespace GpuStyle.CudaEmulator;

/// <summary>A GPU that is not there: what it says of itself, and what goes wrong on it.</summary>
public sealed class EmulatedGpu
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "Emulated GPU";

    /// <summary>Bytes of memory.</summary>
    public long Memory { get; init; } = 8L << 30;

    /// <summary>The driver's version, such as 13000 for CUDA 13.0; it takes PTX up to the version that came with it.</summary>
    public int DriverVersion { get; init; } = 13000;

    /// <summary>The newest version of PTX that the driver takes, such as 88 for 8.8.</summary>
    public int PtxVersion { get; init; } = 90;

    /// <summary>Attributes other than those of an H200, by their numbers in CUdevice_attribute.</summary>
    public IReadOnlyDictionary<int, int> Attributes { get; init; } = new Dictionary<int, int>();

    /// <summary>The number of the allocation in a context, from 1, that fails for lack of memory, once; 0 for none.</summary>
    public long OutOfMemoryAt { get; init; }

    /// <summary>The number of the launch in a context, from 1, at which the device is lost for good; 0 for none.</summary>
    public long LostAt { get; init; }

    /// <summary>Whether the driver captures no stream.</summary>
    public bool RefusesGraphs { get; init; }

    /// <summary>Whether races and unwritten words in shared memory are looked for, which takes time.</summary>
    public bool Checks { get; init; } = true;

    /// <summary>
    /// What was done by each kernel (<see cref="KernelCounts.KeyOf"/>), if it is not null; it may be exchanged between launches. Counting
    /// takes time.
    /// </summary>
    public Dictionary<string, KernelCounts>? Counts { get; set; }

    /// <summary>How often the host has waited for a stream.</summary>
    public long Waits { get; internal set; }

    /// <summary>How many allocations were asked for on it.</summary>
    public long Allocations { get; internal set; }

    /// <summary>How many instructions warps have executed on it.</summary>
    public long WarpInstructions { get; internal set; }

    /// <summary>Where a kernel's launch is counted, if it is.</summary>
    internal KernelCounts? CountsOf(Kernel kernel)
    {
        if (Counts is not { } counts) return null;
        lock (counts)
        {
            if (!counts.TryGetValue(kernel.Key, out var found)) counts.Add(kernel.Key, found = new());
            return found;
        }
    }

    /// <summary>How often the host has launched something: a kernel by itself, or a graph.</summary>
    public long Calls { get; internal set; }

    /// <summary>How many kernels have been launched on it, those within graphs too.</summary>
    public long Launches { get; internal set; }
}
