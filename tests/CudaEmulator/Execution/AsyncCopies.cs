using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// The asynchronous copies of a warp. They are made as late as the instructions allow, when their group is waited for; until then nobody
/// may touch where they go.
/// </summary>
internal sealed unsafe class AsyncCopies(SharedMemory shared, int firstThread)
{
    readonly record struct Copy(int Lane, int Group, ulong To, IntPtr From, int Bytes);

    readonly List<Copy> started = [];
    readonly int[] committed = new int[Rows.Lanes];

    public void Clear()
    {
        started.Clear();
        Array.Clear(committed);
    }

    public void Start(int lane, ulong to, byte* from, int bytes)
    {
        shared.BeginCopy(to, bytes, firstThread + lane);
        started.Add(new(lane, committed[lane], to, (IntPtr)from, bytes));
    }

    /// <summary>What the lane has started since its last group becomes a group.</summary>
    public void Commit(int lane) => committed[lane]++;

    /// <summary>Makes the copies of all groups of these lanes but the last <paramref name="butLast"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Wait(uint lanes, int butLast)
    {
        int kept = 0;
        var all = CollectionsMarshal.AsSpan(started);
        foreach (ref var copy in all)
            if ((lanes >> copy.Lane & 1) != 0 && copy.Group < committed[copy.Lane] - butLast)
                shared.EndCopy(copy.To, (byte*)copy.From, copy.Bytes, firstThread + copy.Lane);
            else all[kept++] = copy;
        CollectionsMarshal.SetCount(started, kept);
    }
}
