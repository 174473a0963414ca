using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>
/// One allocation on an ILGPU device: [guard][16 zeros][values][guard]. The guards hold a mark that no operation may change;
/// it is a NaN, so that values read from outside show up in results. Kernels that pad with zeros read the block of zeros in
/// front of the values instead of branching.
/// </summary>
internal sealed class IlgpuStorage : IDisposable
{
    /// <summary>Zeros in front of the values.</summary>
    public const int Zeros = 16;

    const int Guard = 256;
    const int Mark = 0x7fc5_a5a5;

    readonly IlgpuDevice device;
    readonly MemoryBuffer1D<int, Stride1D.Dense> buffer;
    bool disposed;

    /// <summary>Allocates <paramref name="count"/> 4-byte values, all zero bits.</summary>
    public IlgpuStorage(IlgpuDevice device, long count)
    {
        (this.device, Count) = (device, count);
        long length = count + Zeros + 2 * Guard;
        buffer = device.AllocateRaw(length);
        device.Account(Bytes(count));
        try
        {
            Begin();
        }
        catch (Exception e)
        {
            Dispose();
            // OpenCL drivers may look for the memory only when it is first used.
            if (DeviceFault.IsLackOfMemory(e)) throw device.OutOfMemory(Bytes(count), e);
            throw;
        }
    }

    /// <summary>Clears everything and marks the guards.</summary>
    void Begin()
    {
        // The whole buffer: for a part of it, ILGPU 1.5.3 gives OpenCL an offset four times too large.
        buffer.View.BaseView.MemSetToZero(device.Stream);
        var mark = new int[Guard];
        Array.Fill(mark, Mark);
        Front.CopyFromCPU(device.Stream, mark.AsSpan());
        Back.CopyFromCPU(device.Stream, mark.AsSpan());
    }

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
        return buffer.View.BaseView.SubView(Guard + Zeros, Count).Cast<T>();
    }

    /// <summary>The zeros and then <paramref name="count"/> values, to be read.</summary>
    public ArrayView<float> ZerosAndValues(long count) => buffer.View.BaseView.SubView(Guard, Zeros + count).Cast<float>();

    /// <summary>What an allocation takes.</summary>
    public static long Bytes(long count) => sizeof(int) * (count + Zeros + 2 * Guard);

    /// <summary>Whether guards and zeros are as they were made.</summary>
    public bool Intact()
    {
        var front = new int[Guard + Zeros];
        var back = new int[Guard];
        buffer.View.BaseView.SubView(0, Guard + Zeros).CopyToCPU(device.Stream, front.AsSpan());
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
        buffer.Dispose();
        device.Account(-Bytes(Count));
    }

    ArrayView<int> Front => buffer.View.BaseView.SubView(0, Guard);

    ArrayView<int> Back => buffer.View.BaseView.SubView(Guard + Zeros + Count, Guard);
}
