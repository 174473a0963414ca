using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A run that goes on on other devices should its own fail (<see cref="DeviceFault"/>): from the picture that was last shown, or that its size
/// began with, whose copies on the host outlive the device.
/// </summary>
/// <param name="spare">Opens the other devices; the caller owns both.</param>
/// <param name="limit">The most memory to use of each of them, in bytes; null: what is free.</param>
internal sealed class DeviceFailover(Func<DeviceGroup> spare, long? limit)
{
    /// <summary>Runs to the end. Parameters as those of <see cref="MemoryRetry.Run"/>.</summary>
    /// <param name="task">What the run is for.</param>
    /// <param name="devices">Where to compute first.</param>
    /// <param name="asked">The settings there.</param>
    /// <param name="original">What was asked for before it was fitted to those devices' memory.</param>
    /// <param name="from">Where to go on from; null: from the beginning.</param>
    public TransferResult Run(RunTask task, DeviceGroup devices, TransferSettings asked, TransferSettings original, RunState? from)
    {
        var kept = from;
        try
        {
            // The result is copied while it can be.
            using var result = MemoryRetry.Run(task with { Keep = state => kept = state }, devices, asked, from);
            return result with { Picture = new(result.Picture.Save()) };
        }
        catch (Exception e) when (DeviceFault.Reason(e) is { } reason)
        {
            var (other, before) = (spare(), kept?.Settings ?? asked);
            // What had to give way there has nothing to do with the memory here.
            var fitted = Fitted(task, other, original with { Shares = null, VectorsOnHost = false });
            task.Notes?.Invoke($"{devices.Name} has failed: {reason}. The run goes on on {other.Name} after iteration {kept?.Place.Last?.Iteration ?? 0}.");
            foreach (string change in SmallerSettings.Changes(before, fitted)) task.Notes?.Invoke($"{change}, to suit its memory.");
            return MemoryRetry.Run(task, other, fitted, kept is null ? null : kept with { Settings = fitted, Size = null });
        }
    }

    /// <summary>The settings, or smaller ones, that the devices have memory for; the smallest if they have for none.</summary>
    TransferSettings Fitted(RunTask task, DeviceGroup devices, TransferSettings settings) =>
        MemoryFit.Find(devices, task.Weights, settings, task.Pictures.Height, task.Pictures.Width,
            [.. task.Pictures.Styles.Select(s => (s.Height, s.Width))], task.Pictures.Guidance, limit).Settings;
}
