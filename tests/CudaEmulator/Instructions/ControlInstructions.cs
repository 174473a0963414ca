using System.Runtime.CompilerServices;

namespace GpuStyle.CudaEmulator;

/// <summary>PTX ISA, "Control Flow Instructions", and bar of "Parallel Synchronization and Communication Instructions".</summary>
internal static class ControlInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // bra
        ("bra", o => new Branch(o.Guard, o.Label())),
        ("bra.uni", o => new Branch(o.Guard, o.Label()) { Uniform = true }),
        // ret
        ("ret", _ => new Return()),
        // bar, barrier
        ("bar.sync", o => o.Number() == 0 ? new Barrier() : throw new PtxException("only barrier 0 is known")),
    ];
}

/// <summary>What decides whether an instruction is done in a lane: <c>@%p</c> or <c>@!%p</c>; a register below 0 is none.</summary>
internal readonly record struct Guard(int Register, bool Negated)
{
    public static Guard None { get; } = new(-1, false);

    public unsafe uint Lanes(Warp warp) =>
        Register < 0 ? warp.Active : warp.Active & (Negated ? ~*(uint*)(warp.Registers + Register) : *(uint*)(warp.Registers + Register));
}

/// <summary>bra: lanes that part meet again at the branch's immediate postdominator.</summary>
internal sealed class Branch(Guard guard, string label) : Instruction
{
    public string Label => label;

    public bool Conditional => guard.Register >= 0;

    public bool Uniform { get; init; }

    /// <summary>The index of the instruction behind the label.</summary>
    public int Target { get; set; }

    /// <summary>Where lanes that part here meet again.</summary>
    public int Meeting { get; set; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        uint taken = guard.Lanes(warp);
        if (taken == warp.Active) warp.Pc = Target;
        else if (taken != 0 && Uniform) throw DeviceFaultException.Failed("threads of a warp part at a uniform branch");
        else if (taken != 0) warp.Divide(taken, Target, Meeting);
    }
}

/// <summary>ret, of a kernel: the lanes are done.</summary>
internal sealed class Return : Instruction
{
    public override void Execute(Warp warp) => warp.Exit();
}

/// <summary>bar.sync 0, which is .aligned: all threads of a warp come to it together, and all of a block before any goes on.</summary>
internal sealed class Barrier : Instruction
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        warp.RequireAll();
        warp.StopAtBarrier();
    }
}

/// <summary>Any other instruction with a guard.</summary>
internal sealed class Guarded(Guard guard, Instruction inner) : Instruction
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        uint all = warp.Active, some = guard.Lanes(warp);
        if (some == 0) return;
        warp.Active = some;
        inner.Execute(warp);
        warp.Active = all;
    }
}
