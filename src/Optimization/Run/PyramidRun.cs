using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// The loop: the picture is optimized at each size of the pyramid in turn, starting from the enlarged result of the size before. It knows
/// one group of devices and one set of settings, which stay what they are. What is done when memory is short or a device fails stands round
/// it (<see cref="MemoryRetry"/>, <see cref="DeviceFailover"/>).
/// </summary>
/// <param name="task">What the run is for.</param>
/// <param name="devices">Where to compute.</param>
/// <param name="settings">The settings in effect.</param>
/// <param name="from">Where to go on from; null: from the beginning.</param>
internal sealed class PyramidRun(RunTask task, DeviceGroup devices, TransferSettings settings, RunPosition? from) : IDisposable
{
    readonly Device device = Objectives.Home(devices, settings.VectorsOnHost);
    readonly RunClock clock = new(Pyramid.Levels(task.Pictures.Height, task.Pictures.Width, settings), task.Watch, from?.Place ?? new());
    NetworkGroup? networks;
    IReadOnlyList<double>? shares = settings.Shares;
    Tensor? picture;

    /// <summary>Where a size stood, until that is restored: the picture is the one that the size began with.</summary>
    RunPosition? unrestored = from?.Size is null ? null : from;

    bool begun = from?.Begun ?? false;

    /// <summary>The size being optimized; null between sizes.</summary>
    public PyramidLevel? Working { get; private set; }

    /// <summary>Whether there is a picture that an iteration has been done on.</summary>
    public bool HasResult => clock.Last is not null;

    /// <summary>Runs to the end, or until it is stopped, between two iterations.</summary>
    public TransferResult Run()
    {
        foreach (var stage in clock.Levels.Select(settings.At).Distinct()) FeatureNetwork.Check(task.Weights, stage.Objective.Deepest());
        picture = (from?.Size?.Start ?? from?.Picture)?.Upload(device);
        var outcome = Outcome.Completed;
        while (outcome == Outcome.Completed && clock.Level < clock.Levels.Count)
        {
            var level = clock.Levels[clock.Level];
            if (networks is null || level.Polish) Prepare(level);
            if (!begun) Begin(level);
            if (task.Keep is not null && unrestored is null) task.Keep(Left());
            outcome = RunSize(level);
        }
        if (outcome == Outcome.Cancelled) EvaluateAtFinalSize();
        return Take(outcome);
    }

    /// <summary>
    /// What another run could go on from: the picture, at the size that is being worked on, with an optimizer that begins anew.
    /// </summary>
    public RunPosition Left() => unrestored is { } before
        ? before with { Picture = before.Size!.Best, Size = null }
        : Position(SavedTensor.Of(picture!), null);

    /// <summary>The result, at its final size. The picture is the taker's to dispose of.</summary>
    public TransferResult Take(Outcome outcome)
    {
        Enlarge(new(3, task.Pictures.Height, task.Pictures.Width));
        return TakeAsItIs(outcome);
    }

    /// <summary>The same at the size that the picture has: there may be no memory for another.</summary>
    public TransferResult TakeAsItIs(Outcome outcome)
    {
        // Nothing was done to what this went on from.
        if (picture is null || unrestored is not null)
            return new(new(unrestored?.Size?.Best ?? from!.Picture), clock.Last, outcome, clock.Place.Stalled);
        var result = new TransferResult(new(picture, owner: true), clock.Last, outcome, clock.Place.Stalled);
        picture = null;
        return result;
    }

    /// <summary>The result of an interrupted run whose last picture cannot be evaluated.</summary>
    public TransferResult TakeUnevaluated(Exception cause)
    {
        TellUnevaluated(cause);
        return TakeAsItIs(Outcome.Cancelled);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        picture?.Dispose();
        networks?.Dispose();
    }

    /// <summary>The network that a size wants, in the place of another.</summary>
    void Prepare(PyramidLevel level)
    {
        // Devices are measured once a run.
        shares = Shares;
        networks?.Dispose();
        networks = null;
        networks = new NetworkGroup(devices, task.Weights, settings.At(level).Objective, shares, settings.VectorsOnHost);
        task.Rehearsal?.Note(RunMoment.NetworkMade);
    }

    /// <summary>Makes the picture that a size begins with of the one before.</summary>
    void Begin(PyramidLevel level)
    {
        bool finer = picture is not null && !level.Polish;
        if (picture is null) picture = InitialPicture.Make(device, settings, task.Pictures, level);
        else Enlarge(new(3, level.Height, level.Width));
        if (finer && settings.Init == InitKind.Details && level.Divisor != 1) InitialDetails.Add(device, task.Pictures, level, picture);
        if (finer) new SoughtPicture(device, settings, task.Pictures).AddDetails(level, picture);
        if (finer && task.Pictures.BetweenSizes is { } change)
            device.Upload(change(level.Height, level.Width, device.Download(picture)), picture);
        begun = true;
    }

    Outcome RunSize(PyramidLevel level)
    {
        Working = level;
        var size = new SizeRun(task, settings.At(level), level, clock, picture!);
        bool diverged = size.Run(networks!, new(device, settings, task.Pictures), unrestored, () => unrestored = null,
            (shown, state) => Tell(shown, () => State(Position(SavedTensor.Of(picture!), state()))));
        Working = null;
        if (diverged) return Outcome.Diverged;
        bool cancelled = task.Cancellation.IsCancellationRequested;
        if (!cancelled)
        {
            clock.EndLevel();
            begun = false;
        }
        if (clock.Last is { Closing: true })
            Tell(() => picture!, () => !cancelled ? State(Left())
                : throw new InvalidOperationException("Where a stopped run ends there is no state."));
        return task.Cancellation.IsCancellationRequested ? Outcome.Cancelled : Outcome.Completed;
    }

    /// <summary>Brings an interrupted run's picture to its final size, and evaluates it there if that can be done.</summary>
    void EvaluateAtFinalSize()
    {
        int last = clock.Levels.Count(l => !l.Polish) - 1;
        if (clock.Last is not { } stopped || clock.Level > last || (clock.Level == last && begun)) return;
        task.Notes?.Invoke($"Interrupted at {stopped.Width}x{stopped.Height}, size {stopped.Scale} of {clock.Levels.Count}: "
            + "the picture is enlarged.");
        clock.GoTo(last);
        Enlarge(new(3, task.Pictures.Height, task.Pictures.Width));
        begun = true;
        try
        {
            RunSize(clock.Levels[last]);
        }
        catch (Exception e) when (DeviceFault.Reason(e) is null && e is not OutOfMemoryException)
        {
            TellUnevaluated(e);
        }
    }

    void TellUnevaluated(Exception cause) => task.Notes?.Invoke("The picture could not be evaluated at its final size, so the losses are "
        + $"those that it had at {clock.Last!.Width}x{clock.Last.Height}: {cause.Message}");

    /// <summary>Hands over the last iteration, with the picture and the state as they are meanwhile.</summary>
    void Tell(Func<Tensor> shown, Func<RunState> state)
    {
        bool over = false;
        try
        {
            task.Progress?.Invoke(clock.Last! with
            {
                Shown = () => over ? throw Iterate.Over() : Handed(shown()),
                State = () => over ? throw Iterate.Over() : state(),
            });
        }
        finally
        {
            over = true;
        }
    }

    /// <summary>The picture for whoever asks; where the run could go on elsewhere, a copy that it would go on from.</summary>
    RunPicture Handed(Tensor shown)
    {
        if (task.Keep is null) return new(shown, owner: false);
        var copy = SavedTensor.Of(shown);
        task.Keep(Position(copy, null));
        return new(copy);
    }

    RunState State(RunPosition position) => new(task.Asked, task.Inputs, position);

    RunPosition Position(SavedTensor seen, SizeState? size) => new(settings with { Shares = Shares }, clock.Place, seen, begun, size);

    /// <summary>The devices' shares, as they were said or measured.</summary>
    IReadOnlyList<double>? Shares => devices.Devices.Count == 1 ? shares : shares ?? networks?.Speeds;

    /// <summary>The picture at another size, in the place of the one it is made of.</summary>
    void Enlarge(Shape shape)
    {
        if (picture is null || picture.Shape == shape) return;
        var finer = device.Allocate(shape);
        try
        {
            device.Resampling.Resize(picture, finer, settings.Objective.Tiles);
        }
        catch
        {
            finer.Dispose();
            throw;
        }
        picture.Dispose();
        picture = finer;
    }
}
