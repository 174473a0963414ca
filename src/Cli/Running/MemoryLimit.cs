using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>
/// Makes a run fit the memory there is, by working in blocks, by having the optimiser's vectors on the host and by shortening L-BFGS's history, or says
/// what it would need.
/// </summary>
internal static class MemoryLimit
{
    /// <summary>The settings, changed where that is needed to fit <c>--max-memory</c> or the devices.</summary>
    /// <param name="place">Where the run will be.</param>
    /// <param name="settings">As asked for.</param>
    /// <param name="size">Of the result.</param>
    /// <param name="styles">Of the style pictures.</param>
    /// <param name="limit">What <c>--max-memory</c> says of each device, if anything.</param>
    /// <param name="mayMove">Whether the optimiser's vectors may go to the host.</param>
    /// <param name="guidance">Which style goes where; null: all of them everywhere.</param>
    /// <exception cref="UserErrorException">Even the smallest blocks and the shortest history are too much.</exception>
    public static TransferSettings Apply(Workplace place, TransferSettings settings, (int Width, int Height) size, IEnumerable<(int Width, int Height)> styles, long? limit, bool mayMove, Guidance? guidance)
    {
        var (fit, plan, most) = MemoryFit.Find(place.Devices, place.Weights, settings, size.Height, size.Width,
            [.. styles.Select(s => (s.Height, s.Width))], guidance, limit, mayMove);
        if (plan is null)
        {
            foreach (string change in SmallerSettings.Changes(settings, fit)) Terminal.Say($"{change}, to fit {(limit is null ? "the device's memory" : "--max-memory")}.");
            return fit;
        }
        string least = SmallerSettings.Describe(fit) is { Length: > 0 } how ? $" even {how}" : "";
        throw new UserErrorException($"{(limit is null ? "--size" : "--max-memory")}: the run needs {Memory(plan.PeakBytes)}, {Memory(plan.WeightBytes)} of it for weights, on {plan.Device}{least}, and {Memory(most)} are there; use a smaller --size or --style-size{(settings.BlockSize > SmallerSettings.SmallestBlock ? ", a smaller --block-size" : "")}{(limit is null ? "" : ", or allow more")}.");
    }

    /// <summary>Bytes for people.</summary>
    public static string Memory(long bytes) => bytes >= 1 << 30 ? $"{bytes / (double)(1 << 30):f2} GB" : $"{bytes / (double)(1 << 20):f0} MB";
}
