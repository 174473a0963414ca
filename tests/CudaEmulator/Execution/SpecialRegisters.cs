namespace GpuStyle.CudaEmulator;

/// <summary>PTX ISA, "Special Registers": where a thread is in its block, and its block in the grid.</summary>
internal static unsafe class SpecialRegisters
{
    delegate int Value(Launch launch, long block, int thread);

    static readonly Dictionary<string, Value> Values = new()
    {
        ["%tid.x"] = (l, _, thread) => thread % l.BlockSize.X,
        ["%tid.y"] = (l, _, thread) => thread / l.BlockSize.X % l.BlockSize.Y,
        ["%tid.z"] = (l, _, thread) => thread / l.BlockSize.X / l.BlockSize.Y,
        ["%ntid.x"] = (l, _, _) => l.BlockSize.X,
        ["%ntid.y"] = (l, _, _) => l.BlockSize.Y,
        ["%ntid.z"] = (l, _, _) => l.BlockSize.Z,
        ["%ctaid.x"] = (l, block, _) => (int)(block % l.Grid.X),
        ["%ctaid.y"] = (l, block, _) => (int)(block / l.Grid.X % l.Grid.Y),
        ["%ctaid.z"] = (l, block, _) => (int)(block / l.Grid.X / l.Grid.Y),
        ["%nctaid.x"] = (l, _, _) => l.Grid.X,
        ["%nctaid.y"] = (l, _, _) => l.Grid.Y,
        ["%nctaid.z"] = (l, _, _) => l.Grid.Z,
    };

    public static bool Known(string name) => Values.ContainsKey(name);

    /// <summary>Writes the values of a warp's threads.</summary>
    public static void Fill(string name, uint* row, Launch launch, long block, int firstThread)
    {
        var value = Values[name];
        for (int lane = 0; lane < Rows.Lanes; lane++) row[lane] = (uint)value(launch, block, firstThread + lane);
    }
}
