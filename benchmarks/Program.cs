using GpuStyle.Benchmarks;
using GpuStyle.Imaging;
using GpuStyle.Kernels;

if (args is [var name, .. var rest] && Verb.All.FirstOrDefault(v => v.Name == name) is { } verb)
{
    try
    {
        return verb.Run(new(rest));
    }
    catch (Exception e) when (e is ArgumentException or DeviceException or PeerException or PictureException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}
Console.Error.WriteLine("usage: dotnet run --project benchmarks -c Release -- VERB [OPTIONS]");
foreach (var each in Verb.All) Console.Error.WriteLine($"  {each.Name} {each.Options}\n      {each.Summary}");
return 1;

/// <summary>Something that this program can be asked to measure.</summary>
sealed record Verb(string Name, string Options, string Summary, Func<Arguments, int> Run)
{
    public static IReadOnlyList<Verb> All { get; } =
    [
        new("kernels", "[--device D] [--precision P] [--threads N] [--size N] [NAME]", "each kernel's time and rate, beside what the machine can do at most", KernelBenchmark.Run),
        new("layers", "[--size N] [--threads N] [--exact] [--evaluations N]",
            "where the time of an evaluation goes, layer by layer", LayerBenchmark.Run),
        new("forecast", "[--device D] [--sizes 256,512] [--block-size N] [--optimizer lbfgs|adam]", "the plan's memory against what is allocated", ForecastBenchmark.Run),
        new("control", "[--sizes 256,512] [--threads N] [--evaluations N] [--rounds N] [--only WORD]", "what each option costs, in percent of an evaluation", ControlBenchmark.Run),
        new("evaluations",
            "[--sizes 256,512,1024] [--threads N] [--evaluations N] [--rounds N] [--exact] "
            + "[--peer 'COMMAND {width} {height} {evaluations} {threads}']",
            "whole evaluations, with another program in turn", EvaluationBenchmark.Run),
        new("race", "--ours COMMAND --peer COMMAND [--turns 4,24]", "two optimisations in turns of some seconds, to the totals that the peer reaches", RaceBenchmark.Run),
        new("launches", "[--device ID] [--sizes 128,256,512]", "what queueing an evaluation costs the host, kernel by kernel and as a CUDA graph", LaunchBenchmark.Run),
        new("traffic", "[--size 512] [--precision fp32|tf32|fp16]", "what an evaluation reads and writes on a GPU; none is needed", TrafficBenchmark.Run),
        new("emulate", "[--size 64] [--precision fp32|tf32|fp16] [--preset gatys2016] [--history 20]",
            "what a GPU does for an evaluation and an iteration, counted on the emulated one", EmulateBenchmark.Run),
        new("kernel-texts", "[--to FOLDER] [NAME]",
            "every kernel's PTX and OpenCL C, as drivers are given it; no GPU is needed", KernelDump.Run),
        new("kernel-report", "[--ptxas PROGRAM] [--nvdisasm PROGRAM] [-o FILE]",
            "what NVIDIA's, Intel's and AMD's compilers make of every kernel; no GPU is needed", KernelReport.Run),
        new("gpu-kernels", "[NAME]", "registers and spills of every kernel, as an NVIDIA driver assembled it", GpuKernelReport.Run),
    ];
}
