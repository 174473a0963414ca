using System.Runtime.CompilerServices;

namespace GpuStyle.CudaEmulator;

/// <summary>PTX ISA, "Data Movement and Conversion Instructions: Asynchronous Copy", the non-bulk ones.</summary>
internal static class AsyncCopyInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // cp.async
        ("cp.async.cg.shared.global", AsyncCopy.Decode),
        // cp.async.commit_group
        ("cp.async.commit_group", _ => new CommitCopies()),
        // cp.async.wait_group
        ("cp.async.wait_group", o => new WaitForCopies(o.Number())),
    ];
}

/// <summary>cp.async.cg: each lane copies 16 bytes at some time until its group is waited for.</summary>
internal sealed unsafe class AsyncCopy(Address to, Address from) : Instruction
{
    const int Bytes = 16;

    public static Instruction Decode(Operands o)
    {
        var copy = new AsyncCopy(o.Address(narrow: true), o.Address());
        if (o.Number() != Bytes) throw new PtxException("cp.async.cg copies 16 bytes");
        return copy;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        var shared = (uint*)(warp.Registers + to.Register);
        var global = (ulong*)(warp.Registers + from.Register);
        if (warp.Counts is { } counts)
        {
            var places = stackalloc ulong[Rows.Lanes];
            foreach (int lane in warp.ActiveLanes) places[lane] = shared[lane];
            counts.Global(global, from.Offset, warp.Active, writes: false);
            counts.Shared(places, to.Offset, Bytes, warp.Active);
        }
        foreach (int lane in warp.ActiveLanes)
            warp.Copies.Start(lane, shared[lane] + to.Offset, warp.Global.At(global[lane] + from.Offset, Bytes), Bytes);
    }
}

/// <summary>cp.async.commit_group.</summary>
internal sealed class CommitCopies : Instruction
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        foreach (int lane in warp.ActiveLanes) warp.Copies.Commit(lane);
    }
}

/// <summary>cp.async.wait_group: all but the last groups of each lane are done.</summary>
internal sealed class WaitForCopies(int butLast) : Instruction
{
    public override void Execute(Warp warp) => warp.Copies.Wait(warp.Active, butLast);
}
