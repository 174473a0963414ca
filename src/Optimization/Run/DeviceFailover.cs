using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A run that other devices take over should its own fail (<see cref="DeviceFault"/>): from the picture that was last shown, or that its
/// size began with, whose copies on the host outlive the device.
/// </summary>
/// <param name="spare">Opens the other devices; the caller owns both.</param>
/// <param name="limit">The most memory to use of each of them, in bytes; null: what is free.</param>
internal sealed class DeviceFailover(Func<DeviceGroup> spare, long? limit)
{
    /// <summary>Runs to the end.</summary>
    /// <param name="task">What the run is for.</param>
    /// <param name="devices">Where to compute first.</param>
    /// <param name="fitted">The settings there.</param>
    /// <param name="from">Where to go on from; null: from the beginning.</param>
    public TransferResult Run(RunTask task, DeviceGroup devices, TransferSettings fitted, RunPosition? from)
    {
        var kept = from;
        try
        {
            return OnHost(MemoryRetry.Run(task with { Keep = position => kept = position }, devices, fitted, from));
        }
        catch (Exception e) when (DeviceFault.Reason(e) is { } reason)
        {
            var (other, before) = (spare(), kept?.Settings ?? fitted);
            // What had to give way there has nothing to do with the memory here.
            var asked = task.Asked with { Shares = null, VectorsOnHost = false };
            var settings = Fitted(task, other, asked);
            int done = kept?.Place.Last?.Iteration ?? 0;
            task.Notes?.Invoke($"{devices.Name} has failed: {reason}. The run goes on on {other.Name} after iteration {done}.");
            foreach (string change in SmallerSettings.Changes(before, settings)) task.Notes?.Invoke($"{change}, to suit its memory.");
            if (kept is not null) kept = kept with { Settings = settings, Size = null };
            return MemoryRetry.Run(task with { Asked = asked }, other, settings, kept);
        }
    }

    /// <summary>The result with its picture on the host, while the device can be read; where it is, if the host has no room.</summary>
    static TransferResult OnHost(TransferResult result)
    {
        try
        {
            var saved = result.Picture.Save();
            result.Dispose();
            return result with { Picture = new(saved) };
        }
        catch (OutOfMemoryException)
        {
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>The settings, or smaller ones, that the devices have memory for; the smallest if they have for none.</summary>
    TransferSettings Fitted(RunTask task, DeviceGroup devices, TransferSettings settings) =>
        MemoryFit.Find(devices, task.Weights, settings, task.Pictures.Height, task.Pictures.Width,
            [.. task.Pictures.Styles.Select(s => (s.Height, s.Width))], task.Pictures.Guidance, limit).Settings;
}
