using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Makes a run fit the memory there is, by shortening L-BFGS's history and by working in blocks, or says what it would need.</summary>
internal static class MemoryLimit
{
    /// <summary>A run that remembers this many pairs of L-BFGS ends within some 1 % of the loss of one that remembers 20, at the same cost; smaller blocks cost time.</summary>
    const int ShortHistory = 8;

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
        long most = limit ?? place.Device.FreeBytes / 8 * 7;
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

    /// <summary>
    /// The settings, then ones that take longer and longer: in whole or in the largest blocks, unless their size was chosen, with as long a
    /// history as fits but no very short one; that only with the smallest blocks.
    /// </summary>
    static IEnumerable<TransferSettings> Candidates(TransferSettings settings, int longest)
    {
        int[] sides = settings.BlockSize == 0 ? [0, .. BlockSizes.Where(s => s < longest)] : [settings.BlockSize];
        return sides.SelectMany(side => Histories(settings with { BlockSize = side }, ShortHistory))
            .Concat(Histories(settings with { BlockSize = sides[^1] }, ShortestHistory));
    }

    /// <summary>The settings, then ones with a shorter and shorter history.</summary>
    static IEnumerable<TransferSettings> Histories(TransferSettings settings, int shortest)
    {
        yield return settings;
        while (settings.Optimizer is { Kind: OptimizerKind.Lbfgs, History: int history } && history > shortest)
            yield return settings = settings with { Optimizer = settings.Optimizer with { History = Math.Max(shortest, history * 3 / 4) } };
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
