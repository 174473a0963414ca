namespace GpuStyle.CudaEmulator;

/// <summary>What an emulated GPU has done with one kernel, in all its launches.</summary>
public sealed class KernelCounts
{
    readonly Dictionary<string, long> byOpcode = [];

    /// <summary>Launches.</summary>
    public long Launches { get; private set; }

    /// <summary>Blocks.</summary>
    public long Blocks { get; private set; }

    /// <summary>Warp instructions by opcode, as PTX spells it: <c>ld.global.v4.f32</c>, <c>fma.rn.f32</c>.</summary>
    public IReadOnlyDictionary<string, long> ByOpcode => byOpcode;

    /// <summary>Warp instructions.</summary>
    public long Instructions => byOpcode.Values.Sum();

    /// <summary>Bytes read from global memory, by sectors of 32.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Bytes written to global memory, by sectors of 32.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Wavefronts of shared memory: 128 bytes each where no two lanes want different words of a bank.</summary>
    public long Wavefronts { get; private set; }

    /// <summary>The name that the counts of a kernel of this PTX are found by, among <see cref="EmulatedGpu.Counts"/>.</summary>
    public static string KeyOf(string ptx) => PtxParser.Parse(ptx, int.MaxValue).Values.Single().Key;

    internal void Add(Launch launch, IEnumerable<WarpCounts> warps)
    {
        Launches++;
        Blocks += launch.Grid.Count;
        foreach (var warp in warps)
        {
            for (int i = 0; i < warp.Executed.Length; i++)
            {
                if (warp.Executed[i] == 0) continue;
                string opcode = launch.Kernel.Code[i].Opcode;
                byOpcode[opcode] = byOpcode.GetValueOrDefault(opcode) + warp.Executed[i];
            }
            BytesRead += 32 * warp.SectorsRead;
            BytesWritten += 32 * warp.SectorsWritten;
            Wavefronts += warp.Wavefronts;
        }
    }
}
