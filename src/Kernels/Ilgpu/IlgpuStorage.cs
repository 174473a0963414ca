using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>
/// Values on an ILGPU device: [guard][16 zeros][values][guard]. The guards hold a mark that no operation may change;
/// it is a NaN, so that values read from outside show up in results. Kernels that pad with zeros read the block of zeros in
/// front of the values instead of branching. Memory of their own, or a part of what several storages have together.
/// </summary>
internal sealed class IlgpuStorage : IDisposable
{
    /// <summary>Zeros in front of the values.</summary>
    public const int Zeros = 16;

    const int Guard = 256;
    const int Mark = 0x7fc5_a5a5;

    /// <summary>Storages in the same memory begin at multiples of so many 4-byte values, as separate ones do.</summary>
    const int Alignment = 64;

    readonly IlgpuDevice device;
    readonly long start;
    bool disposed;

    /// <summary>Allocates <paramref name="count"/> 4-byte values, all zero bits.</summary>
    public IlgpuStorage(IlgpuDevice device, long count) : this(device, count, new(device, Length(count)), 0, 0)
    {
    }

    IlgpuStorage(IlgpuDevice device, long count, SharedBuffer memory, long start, long pitch)
    {
        (this.device, Count, Memory, this.start, Pitch) = (device, count, memory, start, pitch);
        memory.Enter();
        device.Account(Bytes(count));
        try
        {
            var mark = new int[Guard];
            Array.Fill(mark, Mark);
            Front.CopyFromCPU(device.Stream, mark.AsSpan());
            Back.CopyFromCPU(device.Stream, mark.AsSpan());
        }
        catch (Exception e)
        {
            Dispose();
            if (DeviceFault.IsLackOfMemory(e)) throw device.OutOfMemory(Bytes(count), e);
            throw;
        }
    }

    /// <summary>Allocates storages of <paramref name="count"/> values in the same memory, one behind the other.</summary>
    public static IReadOnlyList<IlgpuStorage> Together(IlgpuDevice device, long count, int storages)
    {
        long pitch = PitchOf(count);
        SharedBuffer memory = new(device, storages * pitch);
        var made = new List<IlgpuStorage>(storages);
        try
        {
            for (int i = 0; i < storages; i++) made.Add(new(device, count, memory, i * pitch, pitch));
            return made;
        }
        catch
        {
            made.ForEach(s => s.Dispose());
            throw;
        }
    }

    /// <summary>4-byte values from the beginning of a storage to that of the next one in the same memory.</summary>
    public static long PitchOf(long count) => (Length(count) + Alignment - 1) / Alignment * Alignment;

    /// <summary>The memory that it is a part of.</summary>
    public SharedBuffer Memory { get; }

    /// <summary>From its values to those of the next storage in the same memory.</summary>
    public long Pitch { get; }

    /// <summary>Where in the memory its values begin.</summary>
    public long First => start + Guard + Zeros;

    /// <summary>Values that fit.</summary>
    public long Count { get; }

    /// <summary>Changes whenever anybody asks for the values, but for who reads them behind the zeros: they may be written then.</summary>
    public long Version { get; private set; }

    /// <summary>The values may be written by who asked for them before.</summary>
    public void Touch() => Version++;

    /// <summary>The values, as 4-byte or 8-byte elements.</summary>
    public ArrayView<T> Values<T>() where T : unmanaged
    {
        Touch();
        return Part(Guard + Zeros, Count).Cast<T>();
    }

    /// <summary>The zeros and then <paramref name="count"/> values, to be read.</summary>
    public ArrayView<float> ZerosAndValues(long count) => Part(Guard, Zeros + count).Cast<float>();

    /// <summary>What an allocation takes.</summary>
    public static long Bytes(long count) => sizeof(int) * Length(count);

    static long Length(long count) => count + Zeros + 2 * Guard;

    /// <summary>Whether guards and zeros are as they were made.</summary>
    public bool Intact()
    {
        var front = new int[Guard + Zeros];
        var back = new int[Guard];
        Part(0, Guard + Zeros).CopyToCPU(device.Stream, front.AsSpan());
        Back.CopyToCPU(device.Stream, back.AsSpan());
        return front.AsSpan(0, Guard).IndexOfAnyExcept(Mark) < 0 && front.AsSpan(Guard).IndexOfAnyExcept(0) < 0 && back.AsSpan().IndexOfAnyExcept(Mark) < 0;
    }

    /// <summary>Copies values in, from the value <paramref name="first"/> on.</summary>
    public void Write<T>(ReadOnlySpan<T> values, long first = 0) where T : unmanaged
    {
        device.RefuseWhileRecording("copy from the host");
        // ILGPU wants a writable span although it only reads it.
        var source = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(values), values.Length);
        Values<T>().SubView(first, values.Length).CopyFromCPU(device.Stream, source);
    }

    /// <summary>Waits, then copies values out, from the value <paramref name="first"/> on.</summary>
    public void Read<T>(Span<T> values, long first = 0) where T : unmanaged => Values<T>().SubView(first, values.Length).CopyToCPU(device.Stream, values);

    public void Dispose()
    {
        if (disposed) return;
        // Before the driver is asked, which could not do it and would refuse the whole recording.
        device.RefuseWhileRecording("free");
        disposed = true;
        Memory.Leave();
        device.Account(-Bytes(Count));
    }

    ArrayView<int> Front => Part(0, Guard);

    ArrayView<int> Back => Part(Guard + Zeros + Count, Guard);

    ArrayView<int> Part(long from, long length) => Memory.All.SubView(start + from, length);
}
