using System.Globalization;
using GpuStyle.CudaEmulator;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using ILGPU.Runtime.Cuda;

namespace GpuStyle.Benchmarks;

/// <summary>
/// What a GPU does for an evaluation and for an iteration of L-BFGS, counted on the emulated one: <c>emulate [--size 64]
/// [--precision fp32|tf32|fp16] [--preset gatys2016] [--history 20]</c>. Counts do not depend on the machine, so that a kernel's change
/// shows in them.
/// </summary>
internal static class EmulateBenchmark
{
    public static int Run(Arguments arguments)
    {
        int size = arguments.Whole("--size", 64, Vgg19.MinimumSide), history = arguments.Whole("--history", 20);
        var precision = arguments.Choice("--precision", Precision.Tf32);
        var preset = Presets.Find(arguments.Text("--preset", "gatys2016"));
        arguments.End();
        EmulatedCuda.Install();
        if (!EmulatedCuda.Installed)
            throw new ArgumentException("Kernels are counted on the emulated GPU, which is not there beside a real one.");
        var gpu = new EmulatedGpu { Checks = false };
        using var shown = EmulatedCuda.Show(gpu);
        using var device = (IlgpuDevice)Devices.Open("cuda", precision: precision);
        var settings = preset.Objective;
        using var network = new FeatureNetwork(device, BuiltInNetwork.Create(), settings.Pooling, settings.Deepest());
        Shape shape = new(3, size, size);
        var random = new Random(1);
        using var x = device.Allocate(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle() * 255)]);
        using var style = device.Allocate(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle() * 255)]);
        using var gradient = device.Allocate(shape);
        using var objective = new Objective(network, settings, style, [style], size, size, Lbfgs.SumCount(history));
        var names = GpuKernels.All.Keys.GroupBy(name => KernelCounts.KeyOf(GpuKernels.Ptx(name, CudaArchitecture.SM_90)))
            .ToDictionary(g => g.Key, g => string.Join(" or ", g));
        string multiplied = precision.ToString().ToLowerInvariant();
        Console.WriteLine($"{size}x{size}, {multiplied}, losses of {preset.Name}, L-BFGS with {history} pairs");
        Print("An evaluation, kernel by kernel", gpu, names, () => objective.Evaluate(x, gradient));
        using var optimizer = new Lbfgs(objective, x, preset.Optimizer with { History = history }, history);
        for (int i = 0; i < history + 2; i++) Iterate();
        Print("An iteration, its evaluation a graph", gpu, names, Iterate);
        return 0;

        void Iterate()
        {
            optimizer.Evaluate();
            optimizer.Move();
        }
    }

    static void Print(string title, EmulatedGpu gpu, Dictionary<string, string> names, Action work)
    {
        var counts = new Dictionary<string, KernelCounts>();
        var (waits, calls) = (gpu.Waits, gpu.Calls);
        gpu.Counts = counts;
        work();
        gpu.Counts = null;
        Console.WriteLine($"\n{title}; the host launches {gpu.Calls - calls} kernels and graphs and waits {gpu.Waits - waits} times\n");
        Console.WriteLine("| kernel | launches | blocks | instructions, thousands | products | float | integer | memory | other | read, MB "
            + "| written, MB | wavefronts, thousands |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var (key, of) in counts.OrderByDescending(c => c.Value.Instructions))
            Line($"`{names.GetValueOrDefault(key, key.Split(' ')[0])}`", [of]);
        Line("**all**", counts.Values);
    }

    static void Line(string name, IReadOnlyCollection<KernelCounts> of)
    {
        long Kind(Func<string, bool> belongs) => of.Sum(c => c.ByOpcode.Where(o => belongs(o.Key)).Sum(o => o.Value));
        string Thousands(long count) => (count / 1e3).ToString("n1", CultureInfo.InvariantCulture);
        string Megabytes(long bytes) => (bytes / 1e6).ToString("n2", CultureInfo.InvariantCulture);
        long all = of.Sum(c => c.Instructions), products = Kind(IsProduct), floats = Kind(IsFloat);
        long integers = Kind(IsInteger), memory = Kind(IsMemory), others = all - products - floats - integers - memory;
        string[] cells =
        [
            name, $"{of.Sum(c => c.Launches)}", $"{of.Sum(c => c.Blocks)}", Thousands(all), Thousands(products), Thousands(floats),
            Thousands(integers), Thousands(memory), Thousands(others), Megabytes(of.Sum(c => c.BytesRead)),
            Megabytes(of.Sum(c => c.BytesWritten)), Thousands(of.Sum(c => c.Wavefronts)),
        ];
        Console.WriteLine($"| {string.Join(" | ", cells)} |");
    }

    static bool IsProduct(string opcode) => opcode.StartsWith("mma.", StringComparison.Ordinal);

    static bool IsMemory(string opcode) => opcode.Split('.')[0] is "ld" or "st" or "red" or "cp";

    static bool IsMove(string opcode) => opcode.Split('.')[0] is "mov" or "cvt" or "bra" or "bar" or "ret" or "selp" or "setp";

    static bool IsFloat(string opcode) =>
        !IsProduct(opcode) && !IsMemory(opcode) && !IsMove(opcode) && opcode.Split('.')[^1] is "f32" or "f64";

    static bool IsInteger(string opcode) => !IsProduct(opcode) && !IsMemory(opcode) && !IsMove(opcode) && !IsFloat(opcode);
}
