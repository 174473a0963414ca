using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.CudaEmulator;

/// <summary>CUDA Driver API, "Error Handling", "Initialization", "Version Management", "Device Management", "Context Management".</summary>
internal static unsafe class DeviceFunctions
{
    static readonly Dictionary<string, IntPtr> Messages = [];

    [UnmanagedCallersOnly(EntryPoint = "cuInit")]
    static CudaResult Init(uint flags) => CudaResult.Success;

    /// <summary>The error, and what the emulator knows of it.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuGetErrorString")]
    static CudaResult GetErrorString(CudaResult error, IntPtr* text)
    {
        string message = Driver.LastMessage is { } known ? $"{error}: {known}" : error.ToString();
        lock (Messages)
        {
            if (!Messages.TryGetValue(message, out var address)) Messages.Add(message, address = Marshal.StringToCoTaskMemUTF8(message));
            *text = address;
        }
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly(EntryPoint = "cuDriverGetVersion")]
    static CudaResult DriverGetVersion(int* version) =>
        Driver.Answer(() => *version = Driver.Gpu?.DriverVersion ?? new EmulatedGpu().DriverVersion);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetCount")]
    static CudaResult DeviceGetCount(int* count) => Driver.Answer(() => *count = Driver.Gpu is null ? 0 : 1);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGet")]
    static CudaResult DeviceGet(int* device, int ordinal) => Driver.Answer(() =>
    {
        Shown(ordinal);
        *device = ordinal;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetName")]
    static CudaResult DeviceGetName(byte* name, int length, int device) => Driver.Answer(() =>
    {
        var target = new Span<byte>(name, length);
        target.Clear();
        Encoding.UTF8.GetBytes(Shown(device).Name).AsSpan().CopyTo(target[..^1]);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceTotalMem_v2")]
    static CudaResult DeviceTotalMem(nuint* bytes, int device) => Driver.Answer(() => *bytes = (nuint)Shown(device).Memory);

    [UnmanagedCallersOnly(EntryPoint = "cuDeviceGetAttribute")]
    static CudaResult DeviceGetAttribute(int* value, int attribute, int device) =>
        Driver.Answer(() => *value = DeviceAttributes.Of(Shown(device), attribute));

    [UnmanagedCallersOnly(EntryPoint = "cuCtxCreate_v2")]
    static CudaResult ContextCreate(IntPtr* handle, uint flags, int device) => Driver.Answer(() =>
    {
        var context = new Context(Shown(device));
        *handle = Driver.Contexts.Add(context);
        Driver.Current = context;
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxDestroy_v2")]
    static CudaResult ContextDestroy(IntPtr handle) => Driver.Answer(() =>
    {
        Driver.Contexts.Remove(handle).Dispose();
        Driver.DropCurrent();
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSetCurrent")]
    static CudaResult ContextSetCurrent(IntPtr handle) => Driver.Answer(() =>
    {
        if (handle == IntPtr.Zero) Driver.DropCurrent();
        else Driver.Current = Driver.Contexts.Find(handle);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuCtxSynchronize")]
    static CudaResult ContextSynchronize() => Driver.Answer(context => context.RefuseWhileCapturing("cuCtxSynchronize"));

    /// <summary>CU_FUNC_CACHE_PREFER_NONE.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetCacheConfig")]
    static CudaResult GetCacheConfig(int* value) => Driver.Answer(_ => *value = 0);

    /// <summary>CU_SHARED_MEM_CONFIG_DEFAULT_BANK_SIZE.</summary>
    [UnmanagedCallersOnly(EntryPoint = "cuCtxGetSharedMemConfig")]
    static CudaResult GetSharedMemConfig(int* value) => Driver.Answer(_ => *value = 0);

    static EmulatedGpu Shown(int device) =>
        device == 0 && Driver.Gpu is { } gpu ? gpu : throw new DriverException(CudaResult.InvalidDevice, $"there is no device {device}");
}
