using System.Runtime.InteropServices;

namespace GpuStyle.CudaEmulator;

/// <summary>CUDA Driver API, "Memory Management".</summary>
internal static unsafe class MemoryFunctions
{
    [UnmanagedCallersOnly(EntryPoint = "cuMemGetInfo_v2")]
    static CudaResult GetInfo(nuint* free, nuint* total) => Driver.Answer(context =>
        (*free, *total) = ((nuint)(context.Gpu.Memory - context.Memory.Allocated), (nuint)context.Gpu.Memory));

    [UnmanagedCallersOnly(EntryPoint = "cuMemAlloc_v2")]
    static CudaResult Allocate(ulong* address, nuint bytes) => Driver.Answer(context => *address = context.Allocate((long)bytes));

    [UnmanagedCallersOnly(EntryPoint = "cuMemFree_v2")]
    static CudaResult Free(ulong address) => Driver.Answer(context =>
    {
        context.RefuseWhileCapturing("cuMemFree");
        if (address != 0 && !context.Memory.Free(address)) throw DriverException.Invalid($"nothing is allocated at {address:x}");
    });

    /// <summary>Between device memory and pageable memory of the host, which a stream cannot keep, or within device memory.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuMemcpyAsync")]
    static CudaResult Copy(ulong to, ulong from, nuint bytes, IntPtr stream) => Driver.Answer(context =>
    {
        bool within = IsDevice(context, to, bytes) & IsDevice(context, from, bytes);
        var queue = context.Streams.Find(stream);
        if (!within) queue.RefuseWhileCapturing("cuMemcpyAsync of the host's memory");
        queue.Queue(() => Buffer.MemoryCopy((void*)from, (void*)to, bytes, bytes));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemsetD8Async")]
    static CudaResult Fill(ulong address, byte value, nuint bytes, IntPtr stream) => Driver.Answer(context =>
    {
        if (!IsDevice(context, address, bytes)) throw DriverException.Invalid($"{bytes} bytes at {address:x} are not allocated");
        context.Streams.Find(stream).Queue(() => NativeMemory.Fill((void*)address, bytes, value));
    });

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostRegister_v2")]
    static CudaResult HostRegister(IntPtr address, nuint bytes, uint flags) =>
        Driver.Answer(context => context.RefuseWhileCapturing("cuMemHostRegister"));

    [UnmanagedCallersOnly(EntryPoint = "cuMemHostUnregister")]
    static CudaResult HostUnregister(IntPtr address) => Driver.Answer(context => context.RefuseWhileCapturing("cuMemHostUnregister"));

    /// <summary>Whether a range is device memory; one that begins in an allocation must end there, too.</summary>
    static bool IsDevice(Context context, ulong address, nuint bytes)
    {
        var found = context.Memory.Find(address);
        if (!found.Holds(address, 1)) return false;
        return found.Holds(address, bytes) ? true
            : throw DriverException.Invalid($"{bytes} bytes at byte {address - found.Start} of an allocation of {found.Bytes} bytes");
    }
}
