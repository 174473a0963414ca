using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A run that goes on with smaller blocks, then a shorter history, where a device turns out to have less memory than was planned with: from
/// the best picture so far, with an optimizer that begins anew.
/// </summary>
internal static class MemoryRetry
{
    /// <summary>Runs to the end.</summary>
    /// <param name="task">What the run is for.</param>
    /// <param name="devices">Where to compute.</param>
    /// <param name="asked">The settings to begin with, unless it goes on from somewhere.</param>
    /// <param name="from">Where to go on from, with the settings in effect then; null: from the beginning.</param>
    /// <exception cref="InsufficientMemoryException">
    /// Nothing fits, and no iteration was done. The message is a line that says what would.
    /// </exception>
    /// <exception cref="RunFailedException">The run could not go on after some iterations; it has the picture so far.</exception>
    public static TransferResult Run(RunTask task, DeviceGroup devices, TransferSettings asked, RunPosition? from)
    {
        if (from is not null) asked = task.Asked with { Shares = from.Settings.Shares };
        var settings = from?.Settings ?? asked;
        while (true)
        {
            using var run = new PyramidRun(task, devices, settings, from);
            try
            {
                try
                {
                    return run.Run();
                }
                catch (OutOfMemoryException e) when (task.Rehearsal is null && run.Working is { } level)
                {
                    var smaller = MemoryShortage.Smaller(devices, task.Weights, asked, settings, level, task.Pictures, e);
                    foreach (string change in SmallerSettings.Changes(settings, smaller))
                        task.Notes?.Invoke($"{change}: {(e as DeviceMemoryException)?.Device.Name ?? devices.Name} has no more memory.");
                    var left = run.Left();
                    settings = smaller with { Shares = left.Settings.Shares };
                    from = left with { Settings = settings };
                }
            }
            catch (InsufficientMemoryException e) when (run.HasResult && task.Cancellation.IsCancellationRequested)
            {
                return run.TakeUnevaluated(e);
            }
            catch (Exception e) when (task.Rehearsal is null && run.HasResult && DeviceFault.Reason(e) is null)
            {
                throw new RunFailedException(run.TakeAsItIs(Outcome.Cancelled), e);
            }
        }
    }
}
