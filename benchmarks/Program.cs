using GpuStyle.Benchmarks;

if (args is [] || !Verbs.All.TryGetValue(args[0], out var run))
{
    Console.Error.WriteLine($"usage: dotnet run --project benchmarks -c Release -- {string.Join('|', Verbs.All.Keys)} [options]");
    return 1;
}
return run(args[1..]);

/// <summary>What this program can be asked to measure.</summary>
static class Verbs
{
    public static readonly Dictionary<string, Func<string[], int>> All = new()
    {
        ["kernels"] = KernelBenchmark.Run,
        ["layers"] = LayerBenchmark.Run,
        ["forecast"] = ForecastBenchmark.Run,
        ["control"] = ControlBenchmark.Run,
        ["evaluations"] = EvaluationBenchmark.Run,
        ["launches"] = LaunchBenchmark.Run,
        ["traffic"] = TrafficBenchmark.Run,
        ["gpu-kernels"] = GpuKernelReport.Run,
    };
}
