using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Makes a run fit the memory there is, by working in blocks and then by shortening L-BFGS's history, or says what it would need.</summary>
internal static class MemoryLimit
{
    const int ShortestHistory = 4;

    /// <summary>Sides of blocks, in pixels. Smaller ones would be mostly margin.</summary>
    static readonly int[] BlockSizes = [2048, 1536, 1024, 768, 512, 384, 256];

    /// <summary>The settings, changed where that is needed to fit <c>--max-memory</c> or the device.</summary>
    /// <param name="place">Where the run will be.</param>
    /// <param name="settings">As asked for.</param>
    /// <param name="size">Of the result.</param>
    /// <param name="styles">Of the style pictures.</param>
    /// <param name="limit">What <c>--max-memory</c> says, if anything.</param>
    /// <exception cref="UserErrorException">Even the smallest blocks and the shortest history are too much.</exception>
    public static TransferSettings Apply(Workplace place, TransferSettings settings, (int Width, int Height) size, IEnumerable<(int Width, int Height)> styles, long? limit)
    {
        // What is not planned - the engine's scratch, the runtime, other programs - gets an eighth.
        long most = limit ?? place.Device.MemoryBytes / 8 * 7;
        (int Height, int Width)[] styleSizes = [.. styles.Select(s => (s.Height, s.Width))];
        RunPlan Plan(TransferSettings s) => RunPlan.Memory(place.Device, s, size.Height, size.Width, styleSizes);
        int longest = styleSizes.Select(s => Math.Max(s.Height, s.Width)).Append(Math.Max(size.Width, size.Height)).Max();
        var smallest = settings;
        foreach (var candidate in Candidates(settings, longest))
        {
            if (Plan(candidate).PeakBytes <= most)
            {
                Tell(settings, candidate, limit is null ? "the device's memory" : "--max-memory");
                return candidate;
            }
            smallest = candidate;
        }
        string least = (smallest.BlockSize > 0 ? $" even in blocks of {smallest.BlockSize} px" : "")
            + (smallest.Optimizer.Kind == OptimizerKind.Lbfgs ? $" {(smallest.BlockSize > 0 ? "and" : "even")} with a history of {smallest.Optimizer.History}" : "");
        throw new UserErrorException($"{(limit is null ? "--size" : "--max-memory")}: the run needs {Memory(Plan(smallest).PeakBytes)}, {Memory(Plan(smallest).WeightBytes)} of it for weights, on {place.Device.Name}{least}, and {Memory(most)} are there; use a smaller --size or --style-size{(settings.BlockSize > BlockSizes[^1] ? ", a smaller --block-size" : "")}{(limit is null ? "" : ", or allow more")}.");
    }

    /// <summary>The settings, then ones that need less and less memory: smaller blocks, unless their size was chosen, then a shorter history.</summary>
    static IEnumerable<TransferSettings> Candidates(TransferSettings settings, int longest)
    {
        yield return settings;
        if (settings.BlockSize == 0)
            foreach (int side in BlockSizes.Where(s => s < longest))
                yield return settings = settings with { BlockSize = side };
        while (settings.Optimizer is { Kind: OptimizerKind.Lbfgs, History: > ShortestHistory and int history })
            yield return settings = settings with { Optimizer = settings.Optimizer with { History = Math.Max(ShortestHistory, history * 3 / 4) } };
    }

    static void Tell(TransferSettings asked, TransferSettings chosen, string limit)
    {
        if (chosen.BlockSize != asked.BlockSize) Terminal.Say($"The picture is worked on in blocks of {chosen.BlockSize} px, to fit {limit}.");
        if (chosen.Optimizer.History != asked.Optimizer.History)
            Terminal.Say($"L-BFGS remembers {chosen.Optimizer.History} pairs instead of {asked.Optimizer.History}, to fit {limit}.");
    }

    /// <summary>Bytes for people.</summary>
    public static string Memory(long bytes) => bytes >= 1 << 30 ? $"{bytes / (double)(1 << 30):f2} GB" : $"{bytes / (double)(1 << 20):f0} MB";
}
