using System.Reflection;
using System.Runtime.InteropServices;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// A CUDA driver for machines without a GPU. It takes the place of <c>libcuda.so.1</c> in the process, so that programs and ILGPU call it
/// as they call the real one; and it shows a GPU only to those who ask for it with <see cref="Show"/>.
/// </summary>
public static class EmulatedCuda
{
    const string Library = "libcuda.so.1";

    static readonly Type[] Functions =
        [typeof(DeviceFunctions), typeof(MemoryFunctions), typeof(ExecutionFunctions), typeof(StreamFunctions)];

    /// <summary>
    /// Whether the emulator is the process's driver: not where there is a real GPU, nor where libraries are no ELF files.
    /// </summary>
    public static bool Installed { get; private set; }

    /// <summary>Becomes the process's driver, unless the machine has a GPU; to be called before anything asks for the driver.</summary>
    public static void Install()
    {
        if (Installed || !OperatingSystem.IsLinux() || HasRealGpu()) return;
        string file = Path.Combine(Path.GetTempPath(), $"{Library}.{Environment.ProcessId}.{Guid.NewGuid():N}");
        File.WriteAllBytes(file, SymbolLibrary.Write(Library, Addresses()));
        try
        {
            var emulator = NativeLibrary.Load(file);
            Installed = NativeLibrary.TryLoad(Library, out var found) && found == emulator;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>
    /// Shows a GPU to the caller and to what the caller starts, until it is disposed. Where there is a real GPU, nothing changes.
    /// </summary>
    public static IDisposable Show(EmulatedGpu? gpu = null) => new Shown(gpu ?? new());

    /// <summary>Every function that the emulator has, by the driver's name for it.</summary>
    internal static IReadOnlyDictionary<string, IntPtr> Addresses() => (
        from type in Functions
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
        let exported = method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()
        where exported is not null
        select (exported.EntryPoint!, method.MethodHandle.GetFunctionPointer())).ToDictionary();

    static unsafe bool HasRealGpu()
    {
        if (!NativeLibrary.TryLoad(Library, out var library)) return false;
        int count = 0;
        if (NativeLibrary.TryGetExport(library, "cuInit", out var init)
            && NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out var getCount)
            && ((delegate* unmanaged<uint, int>)init)(0) == 0
            && ((delegate* unmanaged<int*, int>)getCount)(&count) == 0
            && count > 0) return true;
        NativeLibrary.Free(library);
        return false;
    }

    sealed class Shown : IDisposable
    {
        readonly EmulatedGpu? before = Driver.Gpu;

        public Shown(EmulatedGpu gpu) => Driver.Gpu = gpu;

        public void Dispose() => Driver.Gpu = before;
    }
}
