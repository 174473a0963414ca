using ILGPU;
using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>Zeroed memory of an ILGPU device that several storages have parts of; it is freed with the last of them.</summary>
internal sealed class SharedBuffer
{
    readonly MemoryBuffer1D<int, Stride1D.Dense> buffer;

    /// <summary>Allocates so many 4-byte values.</summary>
    public SharedBuffer(IlgpuDevice device, long length)
    {
        buffer = device.AllocateRaw(length);
        try
        {
            // The whole buffer: for a part of it, ILGPU 1.5.3 gives OpenCL an offset four times too large.
            All.MemSetToZero(device.Stream);
        }
        catch (Exception e)
        {
            buffer.Dispose();
            // OpenCL drivers may look for the memory only when it is first used.
            if (DeviceFault.IsLackOfMemory(e)) throw device.OutOfMemory(sizeof(int) * length, e);
            throw;
        }
    }

    /// <summary>Storages that are in it.</summary>
    int parts;

    /// <summary>All of it.</summary>
    public ArrayView<int> All => buffer.View.BaseView;

    /// <summary>A storage takes its part.</summary>
    public void Enter() => parts++;

    /// <summary>A storage gives its part back.</summary>
    public void Leave()
    {
        if (--parts == 0) buffer.Dispose();
    }
}
