using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Makes a run fit the memory there is, by shortening L-BFGS's history and by working in blocks, or says what it would need.</summary>
internal static class MemoryLimit
{
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
        // Blocks whose size was chosen stay.
        foreach (var candidate in SmallerSettings.From(settings, longest, keepBlocks: settings.BlockSize > 0))
        {
            if (Plan(candidate).PeakBytes <= most)
            {
                foreach (string change in SmallerSettings.Changes(settings, candidate)) Terminal.Say($"{change}, to fit {(limit is null ? "the device's memory" : "--max-memory")}.");
                return candidate;
            }
            smallest = candidate;
        }
        string least = SmallerSettings.Describe(smallest) is { Length: > 0 } how ? $" even {how}" : "";
        throw new UserErrorException($"{(limit is null ? "--size" : "--max-memory")}: the run needs {Memory(Plan(smallest).PeakBytes)}, {Memory(Plan(smallest).WeightBytes)} of it for weights, on {place.Device.Name}{least}, and {Memory(most)} are there; use a smaller --size or --style-size{(settings.BlockSize > SmallerSettings.SmallestBlock ? ", a smaller --block-size" : "")}{(limit is null ? "" : ", or allow more")}.");
    }

    /// <summary>Bytes for people.</summary>
    public static string Memory(long bytes) => bytes >= 1 << 30 ? $"{bytes / (double)(1 << 30):f2} GB" : $"{bytes / (double)(1 << 20):f0} MB";
}
