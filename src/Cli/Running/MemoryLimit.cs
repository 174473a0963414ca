using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Makes a run fit <c>--max-memory</c> by shortening L-BFGS's history, or says what it would need.</summary>
internal static class MemoryLimit
{
    const int ShortestHistory = 4;

    public static TransferSettings Apply(Workplace place, TransferSettings settings, Picture frame, Picture[] styles, long? limit)
    {
        if (limit is null) return settings;
        long Needed(TransferSettings s) =>
            RunPlan.Memory(place.Device, place.Weights, s, frame.Height, frame.Width, [.. styles.Select(p => (p.Height, p.Width))]).PeakBytes;
        var fitting = settings;
        while (Needed(fitting) > limit && fitting.Optimizer.Kind == OptimizerKind.Lbfgs && fitting.Optimizer.History > ShortestHistory)
            fitting = fitting with { Optimizer = fitting.Optimizer with { History = Math.Max(ShortestHistory, fitting.Optimizer.History * 3 / 4) } };
        if (Needed(fitting) > limit)
            throw new UserErrorException($"--max-memory: the run needs {Memory(Needed(fitting))} on {place.Device.Name} even with a history of {fitting.Optimizer.History}; use a smaller --size or --style-size, or allow more.");
        if (fitting != settings) Console.Error.WriteLine($"L-BFGS remembers {fitting.Optimizer.History} pairs instead of {settings.Optimizer.History}, to fit --max-memory.");
        return fitting;
    }

    /// <summary>Bytes for people.</summary>
    public static string Memory(long bytes) => bytes >= 1 << 30 ? $"{bytes / (double)(1 << 30):f2} GB" : $"{bytes / (double)(1 << 20):f0} MB";
}
