using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>The settings that a run can have in the memory there is.</summary>
/// <param name="Settings">Those asked for, or the first smaller ones that fit (<see cref="SmallerSettings.From"/>), or the smallest there are.</param>
/// <param name="TooLarge">Where even these are too much; null: they fit.</param>
/// <param name="Available">Bytes that there are on that device.</param>
public sealed record MemoryFit(TransferSettings Settings, DevicePlan? TooLarge, long Available)
{
    /// <summary>Finds them.</summary>
    /// <param name="devices">Where the run will be.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="settings">As asked for; blocks whose size was chosen stay.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="styles">Heights and widths of the style pictures.</param>
    /// <param name="guidance">Which style goes where; null: all of them everywhere.</param>
    /// <param name="limit">The most to use of each device, in bytes; null: what is free but for an eighth, which is for what is not planned: the runtime, other programs.</param>
    /// <param name="mayMove">Whether the optimiser's vectors may go to the host.</param>
    public static MemoryFit Find(DeviceGroup devices, VggWeights weights, TransferSettings settings, int height, int width,
        IReadOnlyList<(int Height, int Width)> styles, Guidance? guidance = null, long? limit = null, bool mayMove = false)
    {
        // Where the host evaluates, nothing is gained by having the vectors there: they are, or other devices have it share the work.
        mayMove &= devices.First.Kind is DeviceKind.Cuda or DeviceKind.OpenCl && devices.Devices.All(d => d.Kind != DeviceKind.Simd);
        // What is free is asked once: it changes.
        long[] free = [.. devices.Devices.Select(d => limit ?? Portion(d))];
        var host = new Lazy<long>(() => Portion(devices.Host));
        MemoryFit fit = new(settings, null, 0);
        int longest = styles.Select(s => Math.Max(s.Height, s.Width)).Append(Math.Max(width, height)).Max();
        foreach (var candidate in SmallerSettings.From(settings, longest, keepBlocks: settings.BlockSize > 0, mayMove))
        {
            fit = Checked(candidate);
            if (fit.TooLarge is null) break;
        }
        return fit;

        static long Portion(Device device) => device.FreeBytes / 8 * 7;

        MemoryFit Checked(TransferSettings candidate)
        {
            var plans = RunPlan.Memory(devices, weights, candidate, height, width, styles, guidance).Devices;
            DevicePlan[] inHost = [.. plans.Where((_, i) => i >= free.Length || devices.Devices[i].InHostMemory)];
            for (int i = 0; i < plans.Count; i++)
            {
                long most = i < free.Length ? free[i] : host.Value;
                if (plans[i].PeakBytes > most) return new(candidate, plans[i], most);
            }
            if (inHost.Length < 2) return new(candidate, null, 0);
            // Each finds the same memory free.
            long together = inHost.Sum(p => p.PeakBytes);
            var largest = inHost.MaxBy(p => p.PeakBytes)!;
            return together <= host.Value
                ? new(candidate, null, 0)
                : new(candidate, largest, Math.Max(0, host.Value - (together - largest.PeakBytes)));
        }
    }
}
