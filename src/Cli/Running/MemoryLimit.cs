using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Makes a run fit the memory there is by shortening L-BFGS's history, or says what it would need.</summary>
internal static class MemoryLimit
{
    const int ShortestHistory = 4;

    /// <summary>The settings, with a history that fits <c>--max-memory</c> or, on the host's cores, the machine.</summary>
    /// <param name="place">Where the run will be.</param>
    /// <param name="settings">As asked for.</param>
    /// <param name="size">Of the result.</param>
    /// <param name="styles">Of the style pictures.</param>
    /// <param name="limit">What <c>--max-memory</c> says, if anything.</param>
    /// <exception cref="UserErrorException">Even the shortest history is too much.</exception>
    public static TransferSettings Apply(Workplace place, TransferSettings settings, (int Width, int Height) size, IEnumerable<(int Width, int Height)> styles, long? limit)
    {
        long most = limit ?? (place.Device.Kind is DeviceKind.Cuda or DeviceKind.OpenCl ? long.MaxValue : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        // The weights, which take a while to prepare, count only against a limit that someone chose with care.
        var plan = RunPlan.Memory(place.Device, limit is null ? null : place.Weights, settings, size.Height, size.Width, [.. styles.Select(s => (s.Height, s.Width))]);
        if (plan.PeakBytes <= most) return settings;
        var shorter = settings.Optimizer;
        while (plan.PeakBytes > most && shorter.Kind == OptimizerKind.Lbfgs && shorter.History > ShortestHistory)
        {
            shorter = shorter with { History = Math.Max(ShortestHistory, shorter.History * 3 / 4) };
            plan = plan.With(place.Device, shorter);
        }
        if (plan.PeakBytes > most)
            throw new UserErrorException($"{(limit is null ? "--size" : "--max-memory")}: the run needs {Memory(plan.PeakBytes)} on {place.Device.Name}{(shorter.Kind == OptimizerKind.Lbfgs ? $" even with a history of {shorter.History}" : "")}, and {Memory(most)} are there; use a smaller --size or --style-size{(limit is null ? "" : ", or allow more")}.");
        Terminal.Say($"L-BFGS remembers {shorter.History} pairs instead of {settings.Optimizer.History}, to fit {(limit is null ? "the machine's memory" : "--max-memory")}.");
        return settings with { Optimizer = shorter };
    }

    /// <summary>Bytes for people.</summary>
    public static string Memory(long bytes) => bytes >= 1 << 30 ? $"{bytes / (double)(1 << 30):f2} GB" : $"{bytes / (double)(1 << 20):f0} MB";
}
