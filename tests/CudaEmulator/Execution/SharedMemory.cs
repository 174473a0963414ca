using System.Runtime.InteropServices;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// The shared memory of one block. With checks, a word that one thread writes and another reads or writes between the same two barriers
/// is a race, also within a warp, whose threads PTX keeps together at no instruction but the aligned ones; and a word may not be read
/// before it is written.
/// </summary>
internal sealed unsafe class SharedMemory : IDisposable
{
    const int WordBytes = 4;

    /// <summary>Several threads.</summary>
    const short Several = -1;

    /// <summary>When and by whom a word was last written and read; times are numbers of barriers.</summary>
    struct Shadow
    {
        public int Written, Read;
        public short Writer, Reader;
        public bool BeingCopied;
    }

    readonly int bytes;
    readonly byte* memory;
    readonly Shadow[]? words;
    int phase, firstPhase;

    public SharedMemory(int bytes, bool checks)
    {
        this.bytes = bytes;
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 256);
        if (checks) words = new Shadow[(bytes + WordBytes - 1) / WordBytes];
    }

    /// <summary>For the next block: nothing is written.</summary>
    public void Clear()
    {
        NativeMemory.Fill(memory, (nuint)bytes, 0xff);
        firstPhase = ++phase;
        if (words is not null) Array.Clear(words);
    }

    /// <summary>All threads of the block are at a barrier.</summary>
    public void PassBarrier() => phase++;

    public byte* ToRead(ulong address, int count, int thread)
    {
        byte* place = At(address, count);
        if (words is not null)
            for (int i = (int)address / WordBytes, end = ((int)address + count) / WordBytes; i < end; i++)
            {
                ref var word = ref words[i];
                if (word.BeingCopied)
                    throw Race(i, $"thread {thread} reads what thread {word.Writer} copies asynchronously and has not waited for");
                if (word.Written < firstPhase)
                    throw DeviceFaultException.Failed($"thread {thread} reads word {i} of shared memory, which nobody has written");
                if (word.Written == phase && word.Writer != thread) throw Race(i, $"thread {thread} reads and thread {word.Writer} writes");
                (word.Read, word.Reader) = (phase, word.Read == phase && word.Reader != thread ? Several : (short)thread);
            }
        return place;
    }

    public byte* ToWrite(ulong address, int count, int thread)
    {
        byte* place = At(address, count);
        if (words is not null)
            for (int i = (int)address / WordBytes, end = ((int)address + count) / WordBytes; i < end; i++)
            {
                ref var word = ref words[i];
                if (word.BeingCopied) throw Race(i, $"thread {thread} writes what thread {word.Writer} copies asynchronously");
                if (word.Written == phase && word.Writer != thread) throw Race(i, $"threads {thread} and {word.Writer} write");
                if (word.Read == phase && word.Reader != thread)
                    throw Race(i,
                        $"thread {thread} writes and {(word.Reader == Several ? "several threads read" : $"thread {word.Reader} reads")}");
                (word.Written, word.Writer) = (phase, (short)thread);
            }
        return place;
    }

    /// <summary>A copy may arrive from now on.</summary>
    public void BeginCopy(ulong address, int count, int thread)
    {
        ToWrite(address, count, thread);
        SetCopied(address, count, true);
    }

    /// <summary>A copy arrives.</summary>
    public void EndCopy(ulong address, byte* from, int count, int thread)
    {
        SetCopied(address, count, false);
        Buffer.MemoryCopy(from, ToWrite(address, count, thread), count, count);
    }

    public void Dispose() => NativeMemory.AlignedFree(memory);

    void SetCopied(ulong address, int count, bool value)
    {
        if (words is null) return;
        foreach (ref var word in words.AsSpan((int)address / WordBytes, count / WordBytes)) word.BeingCopied = value;
    }

    byte* At(ulong address, int count)
    {
        if (address > (ulong)bytes || address + (ulong)count > (ulong)bytes)
            throw DeviceFaultException.Illegal($"{count} bytes at {address} of {bytes} bytes of shared memory");
        if (address % (ulong)count != 0)
            throw DeviceFaultException.Misaligned($"{count} bytes at {address} of shared memory, which is not a multiple");
        return memory + address;
    }

    static DeviceFaultException Race(int word, string what) =>
        new(CudaResult.LaunchFailed, $"race: between two barriers {what}, word {word} of shared memory");
}
