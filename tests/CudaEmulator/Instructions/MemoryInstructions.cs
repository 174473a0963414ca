using System.Runtime.CompilerServices;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// PTX ISA, "Data Movement and Conversion Instructions": ld and st; and "Parallel Synchronization and Communication Instructions": red.
/// </summary>
internal static class MemoryInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // ld
        .. Each("ld.param", LoadParameter<uint>.Decode, LoadParameter<ulong>.Decode),
        .. Each("ld.global", Load<uint, GlobalSpace>.Of(1), Load<ulong, GlobalSpace>.Of(1)),
        .. Each("ld.shared", Load<uint, SharedSpace>.Of(1), Load<ulong, SharedSpace>.Of(1)),
        .. Words("ld.global.v4", Load<uint, GlobalSpace>.Of(4)),
        .. Words("ld.shared.v4", Load<uint, SharedSpace>.Of(4)),
        // st
        .. Each("st.global", Store<uint, GlobalSpace>.Of(1), Store<ulong, GlobalSpace>.Of(1)),
        .. Each("st.shared", Store<uint, SharedSpace>.Of(1), Store<ulong, SharedSpace>.Of(1)),
        .. Words("st.global.v4", Store<uint, GlobalSpace>.Of(4)),
        .. Words("st.shared.v4", Store<uint, SharedSpace>.Of(4)),
        // red: the manual's order of modifiers, and the one that ILGPU writes, which assemblers take as well
        ("red.global.max.s32", Maximum.Decode),
        ("red.max.global.s32", Maximum.Decode),
    ];

    static IEnumerable<(string, Decoder)> Each(string stem, Decoder word, Decoder twoWords) =>
        [.. Words(stem, word), ($"{stem}.b64", twoWords), ($"{stem}.f64", twoWords)];

    static IEnumerable<(string, Decoder)> Words(string stem, Decoder word) => [($"{stem}.b32", word), ($"{stem}.f32", word)];
}

/// <summary>A state space of memory: where an address of it lies, once it is known to be allowed.</summary>
internal unsafe interface ISpace
{
    static abstract byte* ToRead(Warp warp, int lane, ulong address, int bytes);

    static abstract byte* ToWrite(Warp warp, int lane, ulong address, int bytes);

    /// <summary>Counts an access of the active lanes, of so many bytes each.</summary>
    static abstract void Count(WarpCounts counts, ulong* addresses, ulong offset, int bytes, uint lanes, bool writes);
}

/// <summary>PTX ISA, "Global State Space".</summary>
internal readonly unsafe struct GlobalSpace : ISpace
{
    public static byte* ToRead(Warp warp, int lane, ulong address, int bytes) => warp.Global.At(address, bytes);

    public static byte* ToWrite(Warp warp, int lane, ulong address, int bytes) => warp.Global.At(address, bytes);

    public static void Count(WarpCounts counts, ulong* addresses, ulong offset, int bytes, uint lanes, bool writes) =>
        counts.Global(addresses, offset, lanes, writes);
}

/// <summary>PTX ISA, "Shared State Space".</summary>
internal readonly unsafe struct SharedSpace : ISpace
{
    public static byte* ToRead(Warp warp, int lane, ulong address, int bytes) => warp.Shared.ToRead(address, bytes, warp.First + lane);

    public static byte* ToWrite(Warp warp, int lane, ulong address, int bytes) => warp.Shared.ToWrite(address, bytes, warp.First + lane);

    public static void Count(WarpCounts counts, ulong* addresses, ulong offset, int bytes, uint lanes, bool writes) =>
        counts.Shared(addresses, offset, bytes, lanes);
}

/// <summary>ld.param: every lane gets the same.</summary>
internal sealed unsafe class LoadParameter<T>(int d, int offset) : Instruction where T : unmanaged
{
    public static Instruction Decode(Operands o) => new LoadParameter<T>(o.Target<T>(), o.Parameter(sizeof(T)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        fixed (byte* parameters = warp.Launch.Parameters) Rows.Fill((T*)(warp.Registers + d), *(T*)(parameters + offset), warp.Active);
    }
}

/// <summary>ld: one or more neighboring values a lane, in one aligned access.</summary>
internal sealed unsafe class Load<T, TSpace>(int[] d, Address from) : Instruction where T : unmanaged where TSpace : struct, ISpace
{
    public static Decoder Of(int count) => o => new Load<T, TSpace>(o.Targets<T>(count), o.Address());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        byte* registers = warp.Registers;
        var addresses = (ulong*)(registers + from.Register);
        int count = d.Length;
        if (warp.Counts is { } counts) TSpace.Count(counts, addresses, from.Offset, count * sizeof(T), warp.Active, writes: false);
        var to = stackalloc T*[count];
        for (int i = 0; i < count; i++) to[i] = (T*)(registers + d[i]);
        foreach (int lane in warp.ActiveLanes)
        {
            var values = (T*)TSpace.ToRead(warp, lane, addresses[lane] + from.Offset, count * sizeof(T));
            for (int i = 0; i < count; i++) to[i][lane] = values[i];
        }
    }
}

/// <summary>st: one or more neighboring values a lane, in one aligned access.</summary>
internal sealed unsafe class Store<T, TSpace>(Address to, int[] s) : Instruction where T : unmanaged where TSpace : struct, ISpace
{
    public static Decoder Of(int count) => o => new Store<T, TSpace>(o.Address(), o.Sources<T>(count));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        byte* registers = warp.Registers;
        var addresses = (ulong*)(registers + to.Register);
        if (warp.Counts is { } counts) TSpace.Count(counts, addresses, to.Offset, s.Length * sizeof(T), warp.Active, writes: true);
        foreach (int lane in warp.ActiveLanes)
        {
            var values = (T*)TSpace.ToWrite(warp, lane, addresses[lane] + to.Offset, s.Length * sizeof(T));
            for (int i = 0; i < s.Length; i++) values[i] = ((T*)(registers + s[i]))[lane];
        }
    }
}

/// <summary>red.max.s32 on global memory, atomic among the blocks that run at once.</summary>
internal sealed unsafe class Maximum(Address to, int s) : Instruction
{
    public static Instruction Decode(Operands o) => new Maximum(o.Address(), o.Source<int>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        var addresses = (ulong*)(warp.Registers + to.Register);
        var values = (int*)(warp.Registers + s);
        warp.Counts?.Global(addresses, to.Offset, warp.Active, writes: true);
        foreach (int lane in warp.ActiveLanes)
        {
            ref int target = ref *(int*)warp.Global.At(addresses[lane] + to.Offset, sizeof(int));
            for (int seen = Volatile.Read(ref target); seen < values[lane];)
            {
                int found = Interlocked.CompareExchange(ref target, values[lane], seen);
                if (found == seen) break;
                seen = found;
            }
        }
    }
}
