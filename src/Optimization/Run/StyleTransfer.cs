using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>The pictures of a run. Content sets the size of the result; a run without content names it.</summary>
/// <param name="Height">Height of the result.</param>
/// <param name="Width">Width of the result.</param>
/// <param name="Content">The photograph, at the result's size; null for texture synthesis.</param>
/// <param name="Styles">The paintings; none for reconstruction.</param>
/// <param name="Init">The picture to start from, if the settings say so.</param>
/// <param name="Guidance">Which style goes where; null: all of them everywhere.</param>
/// <param name="BetweenSizes">What is made of the picture between two sizes, after it was enlarged: height, width and pixels [3,H,W] to pixels; null: nothing.</param>
/// <param name="AsSaved">
/// What the losses look at when the result [3,H,W], of the final size, is saved otherwise than as it was made, such as with the content's colors; null: the result itself.
/// </param>
public sealed record TransferPictures(int Height, int Width, PictureSource? Content, IReadOnlyList<PictureSource> Styles, PictureSource? Init = null, Guidance? Guidance = null, Func<int, int, float[], float[]>? BetweenSizes = null,
    Func<float[], float[]>? AsSaved = null);

/// <summary>
/// A whole run: the picture is optimized at each size of the pyramid in turn, starting from the enlarged result of the size before. The
/// optimizer starts afresh at each size (docs/decisions/pyramid.md). Where memory turns out to be short, blocks become smaller and the
/// history shorter.
/// </summary>
/// <param name="devices">Where to compute.</param>
/// <param name="weights">VGG-19.</param>
/// <param name="settings">Everything but the pictures.</param>
/// <param name="notes">Told, a line each, what went otherwise than planned.</param>
/// <param name="spare">Opens other devices, which take over should these fail (<see cref="DeviceFault"/>); the caller owns both.</param>
/// <param name="original">
/// What was asked for before it was fitted to these devices' memory, to be fitted to that of others; null: the settings.
/// </param>
/// <param name="limit">The most memory to use of each of these others, in bytes; null: what is free.</param>
public sealed class StyleTransfer(DeviceGroup devices, VggWeights weights, TransferSettings settings, Action<string>? notes = null,
    Func<DeviceGroup>? spare = null, TransferSettings? original = null, long? limit = null)
{
    /// <summary>On one device.</summary>
    public StyleTransfer(Device device, VggWeights weights, TransferSettings settings, Action<string>? notes = null,
        Func<Device>? spare = null, TransferSettings? original = null, long? limit = null)
        : this(new DeviceGroup(device), weights, settings, notes, spare is null ? null : () => new(spare()), original, limit)
    {
    }

    /// <summary>Told where the run stands, and how many iterations are enough, if the devices only count.</summary>
    internal RunRehearsal? Rehearsal { get; init; }

    /// <summary>Runs to the end, or until <paramref name="cancellation"/> is requested, between two iterations.</summary>
    /// <param name="pictures">What to work on.</param>
    /// <param name="progress">Called on this thread after each iteration.</param>
    /// <param name="cancellation">Stops the run; the result is the picture so far.</param>
    /// <exception cref="RunFailedException">The run could not go on after some iterations; it has the picture so far.</exception>
    public TransferResult Run(TransferPictures pictures, Action<Iterate>? progress = null, CancellationToken cancellation = default) =>
        Run(null, pictures, progress, cancellation);

    /// <summary>
    /// Goes on with a run that was stopped, under the settings that it had instead of this object's; the rest is as
    /// <see cref="Run(TransferPictures, Action{Iterate}?, CancellationToken)"/> has it.
    /// </summary>
    /// <param name="state">Where it stood.</param>
    /// <param name="pictures">What it was given.</param>
    /// <param name="progress">Called on this thread after each iteration.</param>
    /// <param name="cancellation">Stops the run; the result is the picture so far.</param>
    /// <exception cref="RequestException">It was given other pictures, masks or weights, or began on devices of another kind.</exception>
    /// <exception cref="RunFailedException">The run could not go on after some iterations; it has the picture so far.</exception>
    public TransferResult Resume(RunState state, TransferPictures pictures, Action<Iterate>? progress = null,
        CancellationToken cancellation = default) =>
        Run(state, pictures, progress, cancellation);

    TransferResult Run(RunState? state, TransferPictures pictures, Action<Iterate>? progress, CancellationToken cancellation)
    {
        var from = state?.Position;
        var task = new RunTask(weights, pictures, state?.Asked ?? original ?? settings, new(from?.Place.Seconds ?? 0), cancellation)
        {
            Progress = progress,
            Notes = notes,
            Rehearsal = Rehearsal,
        };
        if (state is not null) Check(state, task);
        return spare is null
            ? MemoryRetry.Run(task, devices, settings, from)
            : new DeviceFailover(spare, limit).Run(task, devices, settings, from);
    }

    /// <summary>Refuses a state that this run could not go on from.</summary>
    void Check(RunState state, RunTask task)
    {
        if (state.Inputs.Difference(task.Inputs) is { } other)
            throw new RequestException($"The run began with something else as {other}; give it that again, or begin anew.");
        var position = state.Position;
        if (position.Settings.Shares is { } shares && shares.Count != devices.Devices.Count)
            throw new RequestException(
                $"The run began on {shares.Count} devices, and there are {devices.Devices.Count} now; give it as many.");
        bool exact = Objectives.Home(devices, position.Settings.VectorsOnHost).Kind == DeviceKind.Reference;
        if (position.Size is not null && exact != (position.Picture.Encoding == SavedEncoding.Wide))
            throw new RequestException(
                $"The run began {(exact ? "on another device than" : "on")} the float64 reference; go on with it there.");
    }
}
