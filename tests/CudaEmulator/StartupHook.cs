using System.Globalization;
using GpuStyle.CudaEmulator;

/// <summary>
/// Gives any .NET program an emulated GPU: with this assembly's path in <c>DOTNET_STARTUP_HOOKS</c> the runtime calls
/// <see cref="Initialize"/> before the program begins, which is not changed and knows nothing of it. <c>EMULATED_GPU_LOST_AT</c> is
/// <see cref="EmulatedGpu.LostAt"/>.
/// </summary>
internal static class StartupHook
{
    /// <summary>Called by the runtime, by this name.</summary>
    public static void Initialize()
    {
        string lostAt = Environment.GetEnvironmentVariable("EMULATED_GPU_LOST_AT") ?? "0";
        EmulatedCuda.Install();
        EmulatedCuda.Show(new() { LostAt = long.Parse(lostAt, CultureInfo.InvariantCulture) });
    }
}
