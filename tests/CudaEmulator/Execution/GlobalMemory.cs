using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// A context's device memory: memory of the host's, so that addresses are the host's. New memory is full of NaNs; around it lies what
/// belongs to nobody.
/// </summary>
internal sealed unsafe class GlobalMemory : IDisposable
{
    /// <summary>
    /// Allocations begin at a multiple of this (CUDA C++ Programming Guide, "Device Memory Accesses") and at no larger power of two.
    /// </summary>
    const int Alignment = 256;

    readonly Lock gate = new();
    readonly Dictionary<ulong, IntPtr> blocks = [];
    Allocation[] sorted = [];

    internal readonly record struct Allocation(ulong Start, ulong Bytes)
    {
        public bool Holds(ulong address, ulong count) => address >= Start && address - Start <= Bytes && count <= Bytes - (address - Start);
    }

    /// <summary>Bytes that are allocated.</summary>
    public long Allocated { get; private set; }

    public ulong Allocate(long bytes)
    {
        lock (gate)
        {
            byte* block = (byte*)NativeMemory.AlignedAlloc((nuint)(bytes + 2 * Alignment), 2 * Alignment);
            NativeMemory.Fill(block, (nuint)(bytes + 2 * Alignment), 0xff);
            var made = new Allocation((ulong)block + Alignment, (ulong)bytes);
            blocks.Add(made.Start, (IntPtr)block);
            sorted = [.. sorted.Append(made).OrderBy(a => a.Start)];
            Allocated += bytes;
            return made.Start;
        }
    }

    /// <summary>Whether there was an allocation that begins there.</summary>
    public bool Free(ulong start)
    {
        lock (gate)
        {
            if (!blocks.Remove(start, out var block)) return false;
            Allocated -= (long)Find(start).Bytes;
            sorted = [.. sorted.Where(a => a.Start != start)];
            NativeMemory.AlignedFree((byte*)block);
            return true;
        }
    }

    /// <summary>The last allocation that begins at an address or before, or an empty one.</summary>
    public Allocation Find(ulong address)
    {
        var all = Volatile.Read(ref sorted);
        int low = 0, high = all.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (all[middle].Start <= address) low = middle + 1;
            else high = middle;
        }
        return low > 0 ? all[low - 1] : default;
    }

    public void Dispose()
    {
        foreach (var block in blocks.Values) NativeMemory.AlignedFree((byte*)block);
        blocks.Clear();
        sorted = [];
    }
}

/// <summary>A warp's view of global memory, which remembers the allocation that was accessed last.</summary>
internal sealed unsafe class GlobalWindow(GlobalMemory memory)
{
    GlobalMemory.Allocation last;

    /// <summary>Where an aligned access lies, if it is within one allocation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* At(ulong address, int count)
    {
        if (!last.Holds(address, (ulong)count) || (address & (ulong)(count - 1)) != 0) Move(address, count);
        return (byte*)address;
    }

    void Move(ulong address, int count)
    {
        last = memory.Find(address);
        if (!last.Holds(address, (ulong)count))
            throw DeviceFaultException.Illegal(last.Bytes == 0
                ? $"{count} bytes at the global address {address:x}, where nothing is allocated"
                : $"{count} bytes at byte {address - last.Start} of an allocation of {last.Bytes} bytes of global memory");
        if ((address & (ulong)(count - 1)) != 0)
            throw DeviceFaultException.Misaligned($"{count} bytes at the global address {address:x}, which is not a multiple");
    }
}
