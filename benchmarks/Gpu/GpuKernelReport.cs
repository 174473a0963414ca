using System.Runtime.InteropServices;
using GpuStyle.Kernels;
using ILGPU.Runtime.Cuda;

namespace GpuStyle.Benchmarks;

/// <summary>
/// What an NVIDIA driver has made of every kernel: <c>gpu-kernels [name filter]</c>. Registers, bytes spilled into local memory, static shared
/// memory and the threads a group may have, by cuFuncGetAttribute. Exit code 2 if anything spills.
/// </summary>
internal static class GpuKernelReport
{
    const int MaxThreads = 0, SharedBytes = 1, LocalBytes = 3, Registers = 4;

    public static int Run(Arguments arguments)
    {
        string filter = arguments.Filter();
        using var device = (IlgpuDevice)Devices.Open("cuda");
        Console.WriteLine(device.Name);
        Console.WriteLine($"{"kernel",-72} {"registers",9} {"spilled",7} {"shared",6} {"threads",7}");
        bool spills = false;
        var wanted = GpuKernels.All.Keys.Where(n => n.Contains(filter, StringComparison.OrdinalIgnoreCase));
        foreach (string name in wanted.Order(StringComparer.Ordinal))
        {
            var kernel = GpuKernels.Load(name, device);
            int spilled = Attribute(kernel, LocalBytes);
            spills |= spilled > 0;
            Console.WriteLine($"{name,-72} {Attribute(kernel, Registers),9} {spilled,7} {Attribute(kernel, SharedBytes),6} {Attribute(kernel, MaxThreads),7}");
        }
        return spills ? 2 : 0;
    }

    static unsafe int Attribute(CudaKernel kernel, int attribute)
    {
        var query = (delegate* unmanaged<int*, int, IntPtr, int>)NativeLibrary.GetExport(DriverLibraries.Load(DriverLibraries.Cuda), "cuFuncGetAttribute");
        int value;
        int result = query(&value, attribute, kernel.FunctionPtr);
        return result == 0 ? value : throw new InvalidOperationException($"cuFuncGetAttribute fails with CUDA error {result}.");
    }
}
