using GpuStyle.Kernels;
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
    /// <exception cref="UserErrorException">Even the smallest blocks and the shortest history are too much.</exception>
    public static TransferSettings Apply(Workplace place, TransferSettings settings, (int Width, int Height) size, IEnumerable<(int Width, int Height)> styles, long? limit, bool mayMove = true)
    {
        (int Height, int Width)[] styleSizes = [.. styles.Select(s => (s.Height, s.Width))];
        RunPlan Plan(TransferSettings s) => RunPlan.Memory(place.Devices, s, size.Height, size.Width, styleSizes);
        int longest = styleSizes.Select(s => Math.Max(s.Height, s.Width)).Append(Math.Max(size.Width, size.Height)).Max();
        // Normalised gradients and kept pixels want picture and objective on one device.
        mayMove &= !settings.Objective.NormaliseGradients && settings.Objective.Regions == 0;
        // Where the host evaluates, nothing is gained by having the vectors there: they are, or other devices have it share the work.
        mayMove &= place.Device.Kind is DeviceKind.Cuda or DeviceKind.OpenCl && place.Devices.Devices.All(d => d.Kind != DeviceKind.Simd);
        // What is not planned - the runtime, other programs - gets an eighth. What is free is asked once: it changes.
        long[] free = [.. place.Devices.Devices.Select(d => limit ?? Portion(d))];
        var host = new Lazy<long>(() => Portion(place.Devices.Host));
        var smallest = settings;
        // Blocks whose size was chosen stay.
        foreach (var candidate in SmallerSettings.From(settings, longest, keepBlocks: settings.BlockSize > 0, mayMove))
        {
            if (Exceeded(candidate) is null)
            {
                foreach (string change in SmallerSettings.Changes(settings, candidate)) Terminal.Say($"{change}, to fit {(limit is null ? "the device's memory" : "--max-memory")}.");
                return candidate;
            }
            smallest = candidate;
        }
        var (plan, most) = Exceeded(smallest)!.Value;
        string least = SmallerSettings.Describe(smallest) is { Length: > 0 } how ? $" even {how}" : "";
        throw new UserErrorException($"{(limit is null ? "--size" : "--max-memory")}: the run needs {Memory(plan.PeakBytes)}, {Memory(plan.WeightBytes)} of it for weights, on {plan.Device}{least}, and {Memory(most)} are there; use a smaller --size or --style-size{(settings.BlockSize > SmallerSettings.SmallestBlock ? ", a smaller --block-size" : "")}{(limit is null ? "" : ", or allow more")}.");

        static long Portion(Device device) => device.FreeBytes / 8 * 7;

        // The first device that the run is too much for, and what it has.
        (DevicePlan Plan, long Most)? Exceeded(TransferSettings s)
        {
            var devices = Plan(s).Devices;
            for (int i = 0; i < devices.Count; i++)
                if ((i < free.Length ? free[i] : host.Value) is long most && devices[i].PeakBytes > most) return (devices[i], most);
            return null;
        }
    }

    /// <summary>Bytes for people.</summary>
    public static string Memory(long bytes) => bytes >= 1 << 30 ? $"{bytes / (double)(1 << 30):f2} GB" : $"{bytes / (double)(1 << 20):f0} MB";
}
