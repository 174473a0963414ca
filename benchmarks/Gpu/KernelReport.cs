using System.Globalization;
using GpuStyle.Kernels;

namespace GpuStyle.Benchmarks;

/// <summary>
/// What the vendors' compilers make of every kernel, as docs/gpu-kernels.md tells it: <c>kernel-report --ptxas PROGRAM [--nvdisasm PROGRAM]
/// [-o FILE]</c>. NVIDIA's assembler, or Intel's and AMD's compilers together, are left out where they are not there, which is said. Exit
/// code 2 if a kernel is refused, or spills on an NVIDIA GPU.
/// </summary>
internal static class KernelReport
{
    static readonly string[] Detailed = ["sm_90", "sm_80"];

    public static int Run(Arguments arguments)
    {
        string ptxas = arguments.Text("--ptxas", CompilerProcess.Find("ptxas") ?? "");
        string nvdisasm = arguments.Text("--nvdisasm", CompilerProcess.Find("nvdisasm") ?? "");
        string file = arguments.Text("-o", "");
        arguments.End();
        foreach (string program in new[] { ptxas, nvdisasm })
            if (program.Length > 0 && !File.Exists(program)) throw new ArgumentException($"{program}: there is no such program");
        using var page = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        page.WriteLine(Preface);
        bool all = true;
        if (ptxas.Length > 0)
        {
            string? disassembler = nvdisasm.Length > 0 ? nvdisasm : null;
            foreach (string chip in Detailed) all &= Loops(page, new NvidiaCompiler(ptxas, disassembler, chip));
            all &= Chips(page, ptxas, disassembler);
        }
        else Missing("NVIDIA's assembler; give --ptxas");
        if (IntelCompiler.IsThere && AmdCompiler.IsThere) all &= OpenCl(page);
        else Missing("Intel's or AMD's compiler; Debian's packages are intel-opencl-icd, clang-19 and rocm-device-libs");
        if (file.Length > 0) File.WriteAllText(file, page.ToString());
        else Console.Write(page.ToString());
        return all ? 0 : 2;

        static void Missing(string what) => Console.Error.WriteLine($"Left out: {what}.");
    }

    const string Preface = """
        # What the vendors' compilers make of our kernels

        Generated, without a GPU:

            dotnet run --project benchmarks -c Release -- kernel-report --ptxas PTXAS --nvdisasm NVDISASM -o docs/gpu-kernels.md

        The busiest innermost loop of each kernel: **products** on tensor cores; **moves** between registers; **instructions**; **late**,
        loads from global memory that are waited for before the next product; **divisions** that nothing has replaced; **share**, what the
        loop can reach of the tensor cores' peak when all latency is hidden (`SassLoop` has the clocks that are counted). **Groups**: how
        many are on a multiprocessor at once, where a kernel's bounds say how large they are.
        """;

    /// <summary>A table of all kernels on one chip; whether none is refused and none spills.</summary>
    static bool Loops(TextWriter page, NvidiaCompiler compiler)
    {
        page.WriteLine($"\n## {compiler.Gpu}\n");
        page.WriteLine("| kernel | registers | spilled | shared | groups | products | moves | instructions | late | divisions | share |");
        page.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        return Each(compiler.Kernels, compiler, (name, made) =>
        {
            var loop = made.Loop;
            if (made.Refused is not null) page.WriteLine($"| `{name}` | refused | | | | | | | | | |");
            else page.WriteLine($"| `{name}` | {made.Registers} | {made.Spilled} | {made.Shared} | {Groups(name, made, compiler.Chip)} "
                + $"| {loop?.Products} | {loop?.Moves} | {loop?.Instructions} | {loop?.LateLoads} | {loop?.Divisions} "
                + $"| {loop?.Share:0 %} |");
        });
    }

    /// <summary>Groups and share of the kernels with bounds on every chip; all kernels are assembled for all of them.</summary>
    static bool Chips(TextWriter page, string ptxas, string? disassembler)
    {
        NvidiaCompiler[] compilers = [.. NvidiaCompiler.Chips.Keys.Select(chip => new NvidiaCompiler(ptxas, disassembler, chip))];
        var groups = new Dictionary<string, List<string>>();
        bool all = true;
        foreach (var compiler in compilers)
        {
            foreach (string name in GpuKernels.All.Keys.Except(compiler.Kernels).Where(n => Threads(n) is not null))
                groups.GetOrAdd(name).Add("");
            all &= Each(compiler.Kernels, compiler, (name, made) =>
            {
                if (Threads(name) is not null) groups.GetOrAdd(name).Add(Groups(name, made, compiler.Chip) + $"{made.Loop?.Share:', '0 %}");
            });
        }
        string verdict = all ? "none is refused and none spills" : "some are refused or spill";
        page.WriteLine("\n## Groups a multiprocessor and share, chip by chip\n");
        page.WriteLine($"Every kernel is assembled for each of these; {verdict}.\n");
        page.WriteLine($"| kernel | {string.Join(" | ", compilers.Select(c => c.Gpu))} |");
        page.WriteLine($"|---|{string.Concat(compilers.Select(_ => "---|"))}");
        foreach (var (name, row) in groups.OrderBy(g => g.Key, StringComparer.Ordinal))
            page.WriteLine($"| `{name}` | {string.Join(" | ", row)} |");
        return all;
    }

    static bool OpenCl(TextWriter page)
    {
        IVendorCompiler[] compilers =
            [.. AmdCompiler.Devices.Keys.Select(d => new AmdCompiler(d)), .. IntelCompiler.Devices.Keys.Select(d => new IntelCompiler(d))];
        page.WriteLine("\n## OpenCL: AMD and Intel\n");
        page.WriteLine("Vector registers and, where there are any, spilled registers; Intel's compiler tells spills alone.\n");
        page.WriteLine($"| kernel | {string.Join(" | ", compilers.Select(c => c.Gpu))} |");
        page.WriteLine($"|---|{string.Concat(compilers.Select(_ => "---|"))}");
        bool all = true;
        foreach (string name in GpuKernels.OfOpenCl.Order(StringComparer.Ordinal))
        {
            CompiledKernel[] made = [.. compilers.AsParallel().AsOrdered().Select(c => c.Compile(name))];
            all &= made.All(m => m.Refused is null);
            page.WriteLine($"| `{name}` | {string.Join(" | ", made.Select(InWords))} |");
        }
        return all;

        static string InWords(CompiledKernel made) => made.Refused is not null ? "refused"
            : (made.Registers > 0 ? $"{made.Registers}" : "") + (made.Spilled > 0 ? $" spills {made.Spilled}" : "");
    }

    /// <summary>Compiles kernels on all cores and tells of each in order; whether none is refused and none spills.</summary>
    static bool Each(IEnumerable<string> kernels, NvidiaCompiler compiler, Action<string, CompiledKernel> tell)
    {
        bool all = true;
        var compiled = kernels.Order(StringComparer.Ordinal).AsParallel().AsOrdered().Select(name => (name, compiler.Compile(name)));
        foreach (var (name, made) in compiled)
        {
            if (made.Refused is { } reason) Console.Error.WriteLine($"{compiler.Gpu} refuses {name}: {reason}");
            all &= made is { Refused: null, Spilled: 0 };
            tell(name, made);
        }
        return all;
    }

    /// <summary>Threads of a group, where a kernel's bounds say it.</summary>
    static int? Threads(string name) => KernelBounds.Of(GpuKernels.All[name]).MaxNumThreadsPerGroup;

    static int? Groups(string name, CompiledKernel made, string chip) => made.Refused is null && Threads(name) is { } threads
        ? Multiprocessor.Of(chip).GroupsOf(threads, made.Registers, made.Shared) : null;

    static List<string> GetOrAdd(this Dictionary<string, List<string>> rows, string name)
    {
        if (!rows.TryGetValue(name, out var row)) rows.Add(name, row = []);
        return row;
    }
}
