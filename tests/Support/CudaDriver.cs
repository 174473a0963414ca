using System.Runtime.CompilerServices;
using GpuStyle.CudaEmulator;

namespace GpuStyle.Tests.Support;

/// <summary>Tests that name CUDA run on the machine's GPU, or on the emulator where it has none.</summary>
internal static class CudaDriver
{
    /// <summary>Before anything asks for a driver.</summary>
    [ModuleInitializer]
    internal static void Install() => EmulatedCuda.Install();
}
