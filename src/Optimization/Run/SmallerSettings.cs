namespace GpuStyle.Optimization;

/// <summary>Settings that need less memory for the same picture, or almost: L-BFGS remembers less, no gradients are kept for later evaluations, the picture is worked on in blocks.</summary>
public static class SmallerSettings
{
    /// <summary>A run that remembers this many pairs of L-BFGS ends within some 1 % of the loss of one that remembers 20, at the same cost; smaller blocks cost time.</summary>
    const int ShortHistory = 8;

    const int ShortestHistory = 4;

    /// <summary>Blocks of this side or more take less than twice the time of the whole picture.</summary>
    const int LargeBlock = 1024;

    /// <summary>Sides of blocks, in pixels. Smaller ones would be mostly margin.</summary>
    static readonly int[] BlockSizes = [2048, 1536, 1024, 768, 512, 384, 256];

    /// <summary>The least that pictures are cut into.</summary>
    public static int SmallestBlock => BlockSizes[^1];

    /// <summary>
    /// The settings, then ones that take longer and longer: in whole or in the largest blocks with as long a
    /// history as fits but no very short one; that only with the smallest blocks. Where the optimiser's vectors may go to the host, they go once
    /// blocks would double the evaluation's time, and before the history is shortened.
    /// </summary>
    /// <param name="settings">As asked for.</param>
    /// <param name="longest">The longest side of any picture of the run.</param>
    /// <param name="keepBlocks">Whether the blocks' size stays.</param>
    /// <param name="mayMove">Whether the optimiser's vectors may go to the host.</param>
    public static IEnumerable<TransferSettings> From(TransferSettings settings, int longest, bool keepBlocks, bool mayMove = false)
    {
        int side = settings.BlockSize > 0 ? Math.Min(settings.BlockSize, longest) : longest;
        int[] sides = [settings.BlockSize, .. BlockSizes.Where(s => !keepBlocks && s < side)];
        if (!mayMove || settings.VectorsOnHost) return Shorter(settings);
        var moved = settings with { VectorsOnHost = true };
        return sides.Where(s => s == sides[0] || s >= LargeBlock).Select(s => settings with { BlockSize = s })
            .Concat(sides.Select(s => moved with { BlockSize = s }))
            .Concat(Shorter(moved));

        IEnumerable<TransferSettings> Shorter(TransferSettings start) => sides.SelectMany(s => Histories(start with { BlockSize = s }, ShortHistory))
            .Concat(Histories(start with { BlockSize = sides[^1] }, ShortestHistory));
    }

    /// <summary>The settings, then ones with a shorter and shorter history.</summary>
    static IEnumerable<TransferSettings> Histories(TransferSettings settings, int shortest)
    {
        yield return settings;
        while (settings.Optimizer is { Kind: OptimizerKind.Lbfgs, History: int history } && history > shortest)
            yield return settings = settings with { Optimizer = settings.Optimizer with { History = Math.Max(shortest, history * 3 / 4) } };
    }

    /// <summary>What differs, a sentence each, without the full stop.</summary>
    public static IEnumerable<string> Changes(TransferSettings asked, TransferSettings chosen)
    {
        if (chosen.BlockSize != asked.BlockSize) yield return chosen.BlockSize > 0 ? $"The picture is worked on in blocks of {chosen.BlockSize} px" : "The picture is worked on as a whole";
        if (chosen.VectorsOnHost != asked.VectorsOnHost) yield return "The picture and the optimiser's vectors live in the host's memory";
        if (chosen.Optimizer.History != asked.Optimizer.History) yield return $"L-BFGS remembers {chosen.Optimizer.History} pairs instead of {asked.Optimizer.History}";
    }

    /// <summary>What the settings have come to, e.g. "in blocks of 256 px and with a history of 4, the optimiser's vectors in the host's memory"; empty if there is nothing to say.</summary>
    public static string Describe(TransferSettings settings)
    {
        string[] parts =
        [
            .. settings.BlockSize > 0 ? [$"in blocks of {settings.BlockSize} px"] : Array.Empty<string>(),
            .. settings.Optimizer.Kind == OptimizerKind.Lbfgs ? [$"with a history of {settings.Optimizer.History}"] : Array.Empty<string>(),
        ];
        string how = string.Join(" and ", parts);
        return settings.VectorsOnHost ? $"{how}{(how.Length > 0 ? ", " : "with ")}the optimiser's vectors in the host's memory" : how;
    }
}
