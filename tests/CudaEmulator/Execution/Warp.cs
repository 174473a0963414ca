using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// 32 threads that execute one instruction at a time. Lanes that part at a branch are executed one part after the other and meet again at
/// the branch's immediate postdominator, as assemblers arrange it; PTX itself promises no place.
/// </summary>
internal sealed unsafe class Warp
{
    readonly record struct Part(int Pc, int Meeting, uint Lanes);

    readonly Stack<Part> parts = new();
    readonly Instruction[] code;
    readonly uint all;
    uint alive;
    int meeting;
    bool stopped;

    public Warp(Launch launch, byte* registers, SharedMemory shared, int first)
    {
        (Launch, Shared, First, code) = (launch, shared, first, launch.Kernel.Code);
        Registers = registers;
        Global = new(launch.Memory);
        Copies = new(shared, first);
        if (launch.Counts is not null) Counts = new(code.Length);
        all = launch.Threads - first >= Rows.Lanes ? Rows.All : (1u << (launch.Threads - first)) - 1;
    }

    public Launch Launch { get; }

    /// <summary>Rows of registers, by the offsets that instructions have.</summary>
    public byte* Registers { get; }

    public SharedMemory Shared { get; }

    public GlobalWindow Global { get; }

    public AsyncCopies Copies { get; }

    /// <summary>What it has done; null where nobody counts.</summary>
    public WarpCounts? Counts { get; }

    /// <summary>The number of lane 0's thread in the block.</summary>
    public int First { get; }

    /// <summary>The lanes that execute, a bit each.</summary>
    public uint Active { get; set; }

    public LaneSet ActiveLanes => new(Active);

    /// <summary>The index of the next instruction.</summary>
    public int Pc { get; set; }

    public bool Done => alive == 0;

    /// <summary>How many instructions were executed.</summary>
    public long Executed { get; private set; }

    /// <summary>To the kernel's first instruction, with all threads.</summary>
    public void Begin()
    {
        (Active, alive, Pc, meeting) = (all, all, 0, int.MaxValue);
        parts.Clear();
        Copies.Clear();
    }

    /// <summary>Executes until a barrier or the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run()
    {
        stopped = false;
        long executed = 0;
        while (!stopped)
        {
            if (Counts is not null) Counts.Executed[Pc]++;
            code[Pc++].Execute(this);
            executed++;
            while (Pc == meeting) Resume();
        }
        Executed += executed;
    }

    /// <summary>
    /// The active lanes part: some go on at <paramref name="target"/>, the others at the next instruction, until all are at <paramref
    /// name="where"/>.
    /// </summary>
    public void Divide(uint taken, int target, int where)
    {
        uint others = Active & ~taken;
        if (where != meeting) parts.Push(new(where, meeting, Active));
        if (target != where) parts.Push(new(target, where, taken));
        if (Pc != where) parts.Push(new(Pc, where, others));
        Resume();
    }

    /// <summary>The active lanes are done.</summary>
    public void Exit()
    {
        alive &= ~Active;
        Resume();
    }

    /// <summary>The warp waits for the others of its block.</summary>
    public void StopAtBarrier() => stopped = true;

    /// <summary>An instruction that is .aligned must be executed by all threads of the warp together.</summary>
    public void RequireAll()
    {
        if (Active != all)
            throw DeviceFaultException.Failed(
                $"{BitOperations.PopCount(Active)} of the {BitOperations.PopCount(all)} threads of a warp execute an aligned instruction");
    }

    /// <summary>Goes on with the lanes that parted last, if any of them are alive.</summary>
    void Resume()
    {
        do
        {
            if (!parts.TryPop(out var part))
            {
                stopped = true;
                return;
            }
            (Pc, meeting, Active) = (part.Pc, part.Meeting, part.Lanes & alive);
        }
        while (Active == 0);
    }

    /// <summary>Sets the bits of the active lanes of a predicate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetPredicate(int register, uint bits)
    {
        ref uint target = ref *(uint*)(Registers + register);
        target = target & ~Active | bits & Active;
    }
}
