using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// The shared memory of one block. With checks, a word that one thread writes and another reads or writes between the same two barriers
/// is a race, also within a warp, whose threads PTX keeps together at no instruction but the aligned ones; and a word may not be read
/// before it is written.
/// </summary>
internal sealed unsafe class SharedMemory : IDisposable
{
    const int WordBytes = 4;

    /// <summary>A time and a thread share an integer; this thread stands for several.</summary>
    const int ThreadBits = 11, Several = (1 << ThreadBits) - 1;

    /// <summary>The sign of a write that has begun and may happen at any moment.</summary>
    const int BeingCopied = int.MinValue;

    readonly int bytes;
    readonly byte* memory;

    /// <summary>For each word, when and by whom it was last written and read. Times are numbers of barriers, from 1; 0 is never.</summary>
    readonly int[]? written, read;

    int time;

    public SharedMemory(int bytes, bool checks)
    {
        this.bytes = bytes;
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 256);
        if (!checks) return;
        int words = (bytes + WordBytes - 1) / WordBytes;
        (written, read) = (new int[words], new int[words]);
    }

    /// <summary>For the next block: nothing is written.</summary>
    public void Clear()
    {
        NativeMemory.Fill(memory, (nuint)bytes, 0xff);
        time = 1 << ThreadBits;
        if (written is null) return;
        Array.Clear(written);
        Array.Clear(read!);
    }

    /// <summary>All threads of the block are at a barrier.</summary>
    public void PassBarrier() => time += 1 << ThreadBits;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public byte* ToRead(ulong address, int count, int thread)
    {
        byte* place = At(address, count);
        if (written is null) return place;
        int now = time, mine = now | thread, first = (int)address / WordBytes;
        if (count == 4 * WordBytes)
        {
            // The same as below, for four words at once.
            var writes = Vector128.LoadUnsafe(ref written[first]);
            var before = Vector128.GreaterThan(writes, Vector128<int>.Zero) & Vector128.LessThan(writes, Vector128.Create(now));
            ref int reads = ref read![first];
            var last = Vector128.LoadUnsafe(ref reads);
            var others = Vector128.GreaterThanOrEqual(last, Vector128.Create(now)) & ~Vector128.Equals(last, Vector128.Create(mine));
            if ((before | Vector128.Equals(writes, Vector128.Create(mine))) == Vector128<int>.AllBitsSet)
            {
                Vector128.ConditionalSelect(others, Vector128.Create(now | Several), Vector128.Create(mine)).StoreUnsafe(ref reads);
                return place;
            }
        }
        for (int i = first, end = i + count / WordBytes; i < end; i++)
        {
            int write = written[i];
            if ((write <= 0 || write >= now) && write != mine) throw CannotRead(i, thread);
            read![i] = read[i] >= now && read[i] != mine ? now | Several : mine;
        }
        return place;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public byte* ToWrite(ulong address, int count, int thread)
    {
        byte* place = At(address, count);
        if (written is null) return place;
        int now = time, mine = now | thread;
        for (int i = (int)address / WordBytes, end = i + count / WordBytes; i < end; i++)
        {
            if ((written[i] < 0 || written[i] >= now) && written[i] != mine || read![i] >= now && read[i] != mine) throw CannotWrite(i, thread);
            written[i] = mine;
        }
        return place;
    }

    /// <summary>A copy may arrive from now on.</summary>
    public void BeginCopy(ulong address, int count, int thread)
    {
        ToWrite(address, count, thread);
        SetWritten(address, count, time | thread | BeingCopied);
    }

    /// <summary>A copy arrives; since it began nobody can have touched where it goes.</summary>
    public void EndCopy(ulong address, byte* from, int count, int thread)
    {
        SetWritten(address, count, time | thread);
        Buffer.MemoryCopy(from, memory + address, count, count);
    }

    public void Dispose() => NativeMemory.AlignedFree(memory);

    void SetWritten(ulong address, int count, int value) => written?.AsSpan((int)address / WordBytes, count / WordBytes).Fill(value);

    byte* At(ulong address, int count)
    {
        if (address > (ulong)bytes || address + (ulong)count > (ulong)bytes)
            throw DeviceFaultException.Illegal($"{count} bytes at {address} of {bytes} bytes of shared memory");
        if ((address & (ulong)(count - 1)) != 0)
            throw DeviceFaultException.Misaligned($"{count} bytes at {address} of shared memory, which is not a multiple");
        return memory + address;
    }

    DeviceFaultException CannotRead(int i, int thread) => written![i] switch
    {
        0 => DeviceFaultException.Failed($"thread {thread} reads word {i} of shared memory, which nobody has written"),
        < 0 => Race(i, $"thread {thread} reads what thread {Thread(written[i])} copies asynchronously and has not waited for"),
        _ => Race(i, $"thread {thread} reads and thread {Thread(written[i])} writes"),
    };

    DeviceFaultException CannotWrite(int i, int thread) =>
        written![i] < 0 ? Race(i, $"thread {thread} writes what thread {Thread(written[i])} copies asynchronously")
        : written[i] >= time && Thread(written[i]) != thread ? Race(i, $"threads {thread} and {Thread(written[i])} write")
        : Race(i, $"thread {thread} writes and {(Thread(read![i]) == Several ? "several threads read" : $"thread {Thread(read[i])} reads")}");

    static int Thread(int value) => value & Several;

    static DeviceFaultException Race(int word, string what) =>
        DeviceFaultException.Failed($"race: between two barriers {what}, word {word} of shared memory");
}
