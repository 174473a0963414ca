using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuStyle.Benchmarks;

/// <summary>Intel's compiler of OpenCL C for its GPUs, <c>ocloc</c>.</summary>
/// <param name="device">As ocloc calls it.</param>
public sealed partial class IntelCompiler(string device) : IVendorCompiler
{
    /// <summary>The devices that are looked at: those with 64-bit floats, which the engine wants.</summary>
    public static IReadOnlyDictionary<string, string> Devices { get; } = new Dictionary<string, string>
    {
        ["skl"] = "Skylake to Comet Lake",
        ["pvc"] = "Data Center GPU Max",
    };

    /// <summary>Whether the compiler is installed.</summary>
    public static bool IsThere => CompilerProcess.Find("ocloc") is not null;

    /// <inheritdoc/>
    public string Gpu => $"{device} ({Devices[device]})";

    /// <inheritdoc/>
    public CompiledKernel Compile(string kernel) => CompilerProcess.InFolder(folder =>
    {
        File.WriteAllText(Path.Combine(folder, "kernel.cl"), GpuKernels.OpenCl(kernel));
        var (code, said) = CompilerProcess.Run("ocloc",
            ["compile", "-file", "kernel.cl", "-device", device, "-options", "-cl-std=CL1.2"], folder);
        if (code != 0 || !said.Contains("Build succeeded", StringComparison.Ordinal)) return new CompiledKernel(said.Trim());
        return new CompiledKernel(null,
            Spilled: Spills().Matches(said).Sum(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)));
    });

    [GeneratedRegex(@"spilled around (\d+)")]
    private static partial Regex Spills();
}
