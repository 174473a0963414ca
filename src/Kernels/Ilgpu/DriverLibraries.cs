using System.Runtime.InteropServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Works around the names by which ILGPU 1.5.3 asks for drivers: <c>libOpenCL.so</c> and <c>libcuda.so</c> are development
/// links that most systems lack; drivers install <c>libOpenCL.so.1</c> and <c>libcuda.so.1</c>.
/// </summary>
internal static class DriverLibraries
{
    static readonly Lock Gate = new();
    static bool installed;

    /// <summary>Candidates for the CUDA driver, the usual one first.</summary>
    public static IReadOnlyList<string> Cuda { get; } = OperatingSystem.IsWindows()
        ? ["nvcuda.dll"]
        : ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"];

    /// <summary>Candidates for the OpenCL loader, the usual one first.</summary>
    public static IReadOnlyList<string> OpenCl { get; } =
        OperatingSystem.IsWindows() ? ["OpenCL.dll"]
        : OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"]
        : ["libOpenCL.so.1", "libOpenCL.so"];

    /// <summary>Whether one of the candidates can be loaded.</summary>
    public static bool Present(IReadOnlyList<string> candidates) => Load(candidates) != IntPtr.Zero;

    /// <summary>Makes ILGPU find the drivers, once per process.</summary>
    public static void Install()
    {
        lock (Gate)
        {
            if (installed) return;
            installed = true;
            try
            {
                NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, (name, _, _) =>
                    name.Contains("OpenCL", StringComparison.OrdinalIgnoreCase) ? Load(OpenCl)
                    : name is "cuda" or "nvcuda" ? Load(Cuda)
                    : IntPtr.Zero);
            }
            catch (InvalidOperationException)
            {
                // The host program has set a resolver of its own for ILGPU: it is then the one to find the drivers.
            }
        }
    }

    /// <summary>The first of the candidates that can be loaded, or 0.</summary>
    public static IntPtr Load(IReadOnlyList<string> candidates)
    {
        foreach (string candidate in candidates)
            if (NativeLibrary.TryLoad(candidate, out var handle)) return handle;
        return IntPtr.Zero;
    }
}
