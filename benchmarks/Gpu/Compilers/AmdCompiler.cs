using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuStyle.Benchmarks;

/// <summary>clang with ROCm's device library, which is what AMD's driver compiles OpenCL C with.</summary>
/// <param name="device">As clang calls it.</param>
public sealed class AmdCompiler(string device) : IVendorCompiler
{
    const string Library = "/usr/lib/x86_64-linux-gnu/amdgcn/bitcode";

    /// <summary>The devices that are looked at.</summary>
    public static IReadOnlyDictionary<string, string> Devices { get; } = new Dictionary<string, string>
    {
        ["gfx906"] = "Radeon VII",
        ["gfx90a"] = "MI250",
        ["gfx1030"] = "RX 6800",
    };

    /// <summary>Whether compiler and library are installed.</summary>
    public static bool IsThere => CompilerProcess.Find("clang-19") is not null && Directory.Exists(Library);

    /// <inheritdoc/>
    public string Gpu => $"{device} ({Devices[device]})";

    /// <inheritdoc/>
    public CompiledKernel Compile(string kernel) => CompilerProcess.InFolder(folder =>
    {
        File.WriteAllText(Path.Combine(folder, "kernel.cl"), GpuKernels.OpenCl(kernel));
        var (code, said) = CompilerProcess.Run("clang-19",
            ["-x", "cl", "-cl-std=CL1.2", "-target", "amdgcn-amd-amdhsa", $"-mcpu={device}", $"--rocm-device-lib-path={Library}", "-O3",
                "-S", "-o", "-", "kernel.cl"], folder);
        if (code != 0) return new CompiledKernel(said.Trim());
        int Number(string field) => Regex.Match(said, $@"\.{field}:\s+(\d+)") is { Success: true } m
            ? int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidDataException($"clang says nothing of {field}.");
        return new CompiledKernel(null, Number("vgpr_count"), Number("vgpr_spill_count") + Number("sgpr_spill_count"),
            Number("group_segment_fixed_size"));
    });
}
