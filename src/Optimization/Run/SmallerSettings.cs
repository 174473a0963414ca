namespace GpuStyle.Optimization;

/// <summary>Settings that need less memory for the same picture, or almost: L-BFGS remembers less, the picture is worked on in blocks.</summary>
public static class SmallerSettings
{
    /// <summary>A run that remembers this many pairs of L-BFGS ends within some 1 % of the loss of one that remembers 20, at the same cost; smaller blocks cost time.</summary>
    const int ShortHistory = 8;

    const int ShortestHistory = 4;

    /// <summary>Sides of blocks, in pixels. Smaller ones would be mostly margin.</summary>
    static readonly int[] BlockSizes = [2048, 1536, 1024, 768, 512, 384, 256];

    /// <summary>The least that pictures are cut into.</summary>
    public static int SmallestBlock => BlockSizes[^1];

    /// <summary>
    /// The settings, then ones that take longer and longer: in whole or in the largest blocks with as long a
    /// history as fits but no very short one; that only with the smallest blocks.
    /// </summary>
    /// <param name="settings">As asked for.</param>
    /// <param name="longest">The longest side of any picture of the run.</param>
    /// <param name="keepBlocks">Whether the blocks' size stays.</param>
    public static IEnumerable<TransferSettings> From(TransferSettings settings, int longest, bool keepBlocks)
    {
        int side = settings.BlockSize > 0 ? Math.Min(settings.BlockSize, longest) : longest;
        int[] sides = [settings.BlockSize, .. BlockSizes.Where(s => !keepBlocks && s < side)];
        return sides.SelectMany(s => Histories(settings with { BlockSize = s }, ShortHistory))
            .Concat(Histories(settings with { BlockSize = sides[^1] }, ShortestHistory));
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
        if (chosen.BlockSize != asked.BlockSize) yield return $"The picture is worked on in blocks of {chosen.BlockSize} px";
        if (chosen.Optimizer.History != asked.Optimizer.History) yield return $"L-BFGS remembers {chosen.Optimizer.History} pairs instead of {asked.Optimizer.History}";
    }

    /// <summary>What the settings have come to, e.g. "in blocks of 256 px and with a history of 4"; empty if there is nothing to say.</summary>
    public static string Describe(TransferSettings settings)
    {
        string[] parts =
        [
            .. settings.BlockSize > 0 ? [$"in blocks of {settings.BlockSize} px"] : Array.Empty<string>(),
            .. settings.Optimizer.Kind == OptimizerKind.Lbfgs ? [$"with a history of {settings.Optimizer.History}"] : Array.Empty<string>(),
        ];
        return string.Join(" and ", parts);
    }
}
