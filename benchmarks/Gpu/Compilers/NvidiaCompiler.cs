using System.Globalization;
using System.Text.RegularExpressions;
using ILGPU.Runtime.Cuda;

namespace GpuStyle.Benchmarks;

/// <summary>
/// NVIDIA's assembler, from PTX to the machine code of one chip: <c>ptxas</c> of the CUDA toolkit, or any program that takes its options
/// <c>--gpu-name</c>, <c>--verbose</c> and <c>-o</c>. With the toolkit's <c>nvdisasm</c> loops are counted, too.
/// </summary>
/// <param name="assembler">The assembler.</param>
/// <param name="disassembler"><c>nvdisasm</c>; null: loops are not looked at.</param>
/// <param name="chip">Such as sm_90.</param>
public sealed partial class NvidiaCompiler(string assembler, string? disassembler, string chip) : IVendorCompiler
{
    /// <summary>The chips that are looked at, and GPUs that have them.</summary>
    public static IReadOnlyDictionary<string, string> Chips { get; } = new Dictionary<string, string>
    {
        ["sm_75"] = "RTX 20",
        ["sm_80"] = "A100",
        ["sm_86"] = "RTX 30",
        ["sm_89"] = "RTX 40",
        ["sm_90"] = "H100, H200",
        ["sm_100"] = "B200",
        ["sm_120"] = "RTX 50",
        ["sm_121"] = "GB10",
    };

    /// <summary>The chip that is compiled for.</summary>
    public string Chip => chip;

    /// <inheritdoc/>
    public string Gpu => $"{chip} ({Chips[chip]})";

    /// <summary>The kernels that a chip runs.</summary>
    public IEnumerable<string> Kernels => GpuKernels.OfCuda(Architecture);

    /// <summary>The newest compute capability of <see cref="KernelDump"/> up to the chip's own: drivers assemble older PTX, too.</summary>
    CudaArchitecture Architecture =>
        KernelDump.Architectures.Last(a => 10 * a.Major + a.Minor <= int.Parse(chip[3..], CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public CompiledKernel Compile(string kernel) => CompilerProcess.InFolder(folder =>
    {
        File.WriteAllText(Path.Combine(folder, "kernel.ptx"), GpuKernels.Ptx(kernel, Architecture));
        var (code, said) = CompilerProcess.Run(assembler, [$"--gpu-name={chip}", "--verbose", "-o", "kernel.cubin", "kernel.ptx"], folder);
        if (code != 0) return new CompiledKernel(said.Trim());
        var used = Used().Match(said);
        if (!used.Success) return new CompiledKernel($"nothing is said of registers: {said.Trim()}");
        int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
        return new CompiledKernel(null, Number(used.Groups["registers"]),
            Frames().Matches(said).Sum(m => Number(m.Groups[1]) + Number(m.Groups[2]) + Number(m.Groups[3])),
            Number(used.Groups["shared"]), disassembler is null ? null : Loop(folder));
    });

    SassLoop? Loop(string folder)
    {
        var (code, text) = CompilerProcess.Run(disassembler!, ["-c", "-hex", "kernel.cubin"], folder);
        if (code != 0) throw new ArgumentException($"{disassembler}: {text.Trim()}");
        return SassLoop.Innermost(SassInstruction.Read(text)).Select(body => new SassLoop(body, chip))
            .MaxBy(loop => (loop.Products, loop.Instructions));
    }

    [GeneratedRegex(@"Used (?<registers>\d+) registers(?:[^\n]*?(?<shared>\d+) bytes smem)?")]
    private static partial Regex Used();

    [GeneratedRegex(@"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")]
    private static partial Regex Frames();
}
