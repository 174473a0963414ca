using System.Runtime.CompilerServices;
using GpuStyle.CudaEmulator;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Support;

/// <summary>Tests that name CUDA run on the machine's GPU, or on the emulator where it has none.</summary>
internal static class CudaDriver
{
    /// <summary>Positions of a picture whose evaluations the emulator does in seconds.</summary>
    const int MostPositions = 3000;

    /// <summary>Whether the emulator does what takes minutes, too.</summary>
    static bool All => Environment.GetEnvironmentVariable("GPUSTYLE_EMULATE") == "all";

    /// <summary>Skips what takes minutes on the emulator, unless all is asked for; on a GPU nothing does.</summary>
    internal static void SkipWhatIsLong(DeviceKind kind, int positions = int.MaxValue) =>
        Assert.SkipWhen(kind == DeviceKind.Cuda && EmulatedCuda.Installed && positions > MostPositions && !All,
            "takes minutes on the emulated GPU; GPUSTYLE_EMULATE=all runs it there");

    /// <summary>Before anything asks for a driver.</summary>
    [ModuleInitializer]
    internal static void Install() => EmulatedCuda.Install();
}
