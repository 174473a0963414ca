namespace GpuStyle.CudaEmulator;

/// <summary>
/// What one warp has done, for those who count. Global memory goes in sectors of 32 bytes, of which an access touches as many as its lanes
/// lie in. Shared memory has 32 banks of 4 bytes: an access takes as many wavefronts as the busiest bank has different words; 8 bytes a
/// lane go by half warps, 16 by quarters.
/// </summary>
internal sealed unsafe class WarpCounts(int instructions)
{
    const int SectorBytes = 32, Banks = 32, WordBytes = 4;

    /// <summary>How often each instruction of the kernel was executed.</summary>
    public long[] Executed { get; } = new long[instructions];

    /// <summary>Sectors of global memory read.</summary>
    public long SectorsRead { get; private set; }

    /// <summary>Sectors of global memory written.</summary>
    public long SectorsWritten { get; private set; }

    /// <summary>Wavefronts of shared memory.</summary>
    public long Wavefronts { get; private set; }

    /// <summary>An access of global memory by some lanes.</summary>
    public void Global(ulong* addresses, ulong offset, uint lanes, bool writes)
    {
        var sectors = stackalloc ulong[Rows.Lanes];
        int count = 0;
        foreach (int lane in new LaneSet(lanes))
        {
            ulong sector = (addresses[lane] + offset) / SectorBytes;
            if (!new Span<ulong>(sectors, count).Contains(sector)) sectors[count++] = sector;
        }
        if (writes) SectorsWritten += count;
        else SectorsRead += count;
    }

    /// <summary>An access of shared memory, of so many bytes a lane.</summary>
    public void Shared(ulong* addresses, ulong offset, int bytes, uint lanes)
    {
        int parts = Math.Max(1, bytes / WordBytes), lanesOfPart = Rows.Lanes / parts;
        for (int part = 0; part < parts; part++)
        {
            uint ofPart = lanes & (uint.MaxValue >> (Rows.Lanes - lanesOfPart)) << (part * lanesOfPart);
            if (ofPart != 0) Wavefronts += MostWords(addresses, offset, parts, ofPart);
        }
    }

    /// <summary>Different words of the busiest bank.</summary>
    static int MostWords(ulong* addresses, ulong offset, int wordsOfLane, uint lanes)
    {
        var words = new HashSet<ulong>();
        foreach (int lane in new LaneSet(lanes))
            for (int i = 0; i < wordsOfLane; i++) words.Add((addresses[lane] + offset) / WordBytes + (ulong)i);
        return words.GroupBy(w => w % Banks).Max(g => g.Count());
    }
}
