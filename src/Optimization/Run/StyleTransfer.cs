using GpuStyle.Kernels;
using GpuStyle.Network;
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
/// A whole run: the picture is optimised at each size of the pyramid in turn, starting from the enlarged result of the size
/// before. The optimiser starts afresh at each size (docs/decisions/pyramid.md).
/// </summary>
/// <param name="devices">Where to compute.</param>
/// <param name="weights">VGG-19.</param>
/// <param name="settings">Everything but the pictures. What turns out to need more memory than there is is replaced by smaller blocks and a shorter history.</param>
/// <param name="notes">Told, a line each, what went otherwise than planned.</param>
/// <param name="spare">Opens other devices for the run to go on on, should these fail (<see cref="DeviceFault"/>); the caller owns both.</param>
/// <param name="original">What was asked for before it was fitted to these devices' memory, to be fitted to that of others; null: the settings.</param>
/// <param name="limit">The most memory to use of each of these others, in bytes; null: what is free.</param>
public sealed class StyleTransfer(DeviceGroup devices, VggWeights weights, TransferSettings settings, Action<string>? notes = null,
    Func<DeviceGroup>? spare = null, TransferSettings? original = null, long? limit = null)
{
    Device device = Objectives.Home(devices, settings.VectorsOnHost);

    /// <summary>What was asked for, once something had to give way.</summary>
    TransferSettings? asked;

    /// <summary>What the objective had to say, which it says again whenever it is made anew.</summary>
    readonly HashSet<string> told = [];

    /// <summary>Told where the run stands, and how many iterations are enough, if the devices only count.</summary>
    internal RunRehearsal? Rehearsal { get; init; }

    /// <summary>On one device.</summary>
    public StyleTransfer(Device device, VggWeights weights, TransferSettings settings, Action<string>? notes = null,
        Func<Device>? spare = null, TransferSettings? original = null, long? limit = null)
        : this(new DeviceGroup(device), weights, settings, notes, spare is null ? null : () => new(spare()), original, limit)
    {
    }

    /// <summary>Runs to the end, or until <paramref name="cancellation"/> is requested, between two iterations.</summary>
    /// <param name="pictures">What to work on.</param>
    /// <param name="progress">Called on this thread after each iteration.</param>
    /// <param name="cancellation">Stops the run; the result is the picture so far.</param>
    /// <exception cref="RunFailedException">The run could not go on after some iterations; it has the picture so far.</exception>
    public TransferResult Run(TransferPictures pictures, Action<Iterate>? progress = null, CancellationToken cancellation = default)
    {
        var levels = Pyramid.Levels(pictures.Height, pictures.Width, settings);
        foreach (var stage in levels.Select(settings.At).Distinct()) FeatureNetwork.Check(weights, stage.Objective.Deepest());
        var clock = new RunClock(levels);
        try
        {
            return Run(pictures, levels, clock, progress, cancellation);
        }
        catch (Exception e) when (spare is not null && DeviceFault.Reason(e) is { } reason)
        {
            string lost = devices.Name;
            (devices, spare) = (spare(), null);
            var before = settings;
            // What had to give way there has nothing to do with the memory here.
            settings = Fitted((original ?? asked ?? settings) with { Shares = null, VectorsOnHost = false }, pictures);
            (asked, device) = (null, Objectives.Home(devices, settings.VectorsOnHost));
            clock.GoBack();
            notes?.Invoke($"{lost} has failed: {reason}. The run goes on on {devices.Name} after iteration {clock.Last?.Iteration ?? 0}.");
            foreach (string change in SmallerSettings.Changes(before, settings)) notes?.Invoke($"{change}, to suit its memory.");
        }
        return Run(pictures, levels, clock, progress, cancellation);
    }

    /// <summary>The settings, or smaller ones, that the devices have memory for; the smallest if they have for none.</summary>
    TransferSettings Fitted(TransferSettings settings, TransferPictures pictures) =>
        MemoryFit.Find(devices, weights, settings, pictures.Height, pictures.Width, [.. pictures.Styles.Select(s => (s.Height, s.Width))],
            pictures.Guidance, limit).Settings;

    /// <summary>Runs from where the clock stands.</summary>
    TransferResult Run(TransferPictures pictures, IReadOnlyList<PyramidLevel> levels, RunClock clock, Action<Iterate>? progress, CancellationToken cancellation)
    {
        NetworkGroup? networks = null;
        Tensor? picture = null;
        int last = levels.Count(l => !l.Polish) - 1;
        try
        {
            foreach (var level in levels.Skip(clock.Level))
            {
                bool finer = picture is not null && !level.Polish;
                if (networks is null || level.Polish) Prepare(level);
                picture = clock.TakeKept() is { } kept ? kept.Upload(device) : Next(picture, level, pictures);
                if (finer) Sought(pictures).AddDetails(level, picture);
                if (finer && pictures.BetweenSizes is { } change) device.Upload(change(level.Height, level.Width, device.Download(picture)), picture);
                if (spare is not null) clock.Keep(RunPicture.Copy(device, picture));
                if (FitLevel(networks!, pictures, level, picture, clock, progress, cancellation))
                    return Finish(pictures, ref picture, clock, interrupted: false, diverged: true);
                if (cancellation.IsCancellationRequested) break;
                clock.EndLevel();
            }
            bool interrupted = cancellation.IsCancellationRequested;
            if (interrupted && clock.Last is not null && clock.Level < last)
            {
                notes?.Invoke($"Interrupted at {clock.Last.Width}x{clock.Last.Height}, size {clock.Level + 1} of {levels.Count}: the picture is enlarged.");
                clock.GoTo(last);
                picture = Enlarged(picture!, picture!.Shape with { Height = pictures.Height, Width = pictures.Width });
                try
                {
                    FitLevel(networks!, pictures, levels[last], picture, clock, progress, cancellation);
                }
                catch (Exception e) when (DeviceFault.Reason(e) is null)
                {
                    notes?.Invoke("The picture could not be evaluated at its final size, so the losses are those that it had at "
                        + $"{clock.Last.Width}x{clock.Last.Height}: {e.Message}");
                }
            }
            return Finish(pictures, ref picture, clock, interrupted, diverged: false);
        }
        catch (Exception e) when (Rehearsal is null && picture is not null && clock.Last is not null && DeviceFault.Reason(e) is null)
        {
            // At the size it has: there may be no memory for another.
            var left = new TransferResult(new RunPicture(device, picture, owner: true), clock.Last, Interrupted: true, Diverged: false, clock.Stalled);
            picture = null;
            throw new RunFailedException(left, e);
        }
        finally
        {
            picture?.Dispose();
            networks?.Dispose();
        }

        // The network that a size wants, in the place of another.
        void Prepare(PyramidLevel level)
        {
            networks?.Dispose();
            networks = null;
            networks = new NetworkGroup(devices, weights, settings.At(level).Objective, settings.Shares, settings.VectorsOnHost);
            Rehearsal?.Note(RunMoment.NetworkMade);
        }
    }

    /// <summary>Pairs that L-BFGS remembers at a size: no more than it can make there.</summary>
    internal static int History(OptimizerSettings optimizer, PyramidLevel level) => Math.Clamp(optimizer.History, 1, level.Iterations);

    /// <summary>As <see cref="RunLevel"/>, with smaller and smaller plans where memory runs out; each goes on from the picture that the one before has left.</summary>
    bool FitLevel(NetworkGroup networks, TransferPictures pictures, PyramidLevel level, Tensor picture, RunClock clock, Action<Iterate>? progress, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return RunLevel(networks, pictures, level, picture, clock, progress, cancellation);
            }
            catch (OutOfMemoryException e) when (Rehearsal is null)
            {
                asked ??= settings;
                var smaller = MemoryShortage.Smaller(devices, weights, asked, settings, level, pictures, e);
                foreach (string change in SmallerSettings.Changes(settings, smaller)) notes?.Invoke($"{change}: {(e as DeviceMemoryException)?.Device.Name ?? devices.Name} has no more memory.");
                settings = smaller;
            }
        }
    }

    /// <summary>
    /// Optimizes one size in place and ends it with an evaluated picture; an interrupted run's is evaluated alone. Returns whether the
    /// run diverged; the picture is then the best before.
    /// </summary>
    bool RunLevel(NetworkGroup networks, TransferPictures pictures, PyramidLevel level, Tensor picture, RunClock clock, Action<Iterate>? progress, CancellationToken cancellation)
    {
        var stage = settings.At(level);
        int history = History(stage.Optimizer, level);
        int extraSums = stage.Optimizer.Kind == OptimizerKind.Lbfgs ? Lbfgs.SumCount(history) : Adam.SumCount;
        PictureStrips.Clamp(device, picture);
        using var objective = Objective(networks, stage, pictures, level, extraSums, Sought(pictures).At(level, picture, first: clock.Level == 0));
        Rehearsal?.Note(RunMoment.ObjectiveMade);
        foreach (string note in objective.Notes)
            if (told.Add(note)) notes?.Invoke(note);
        using var result = new SizeResult(objective, picture, level.Divisor == 1 ? pictures.AsSaved : null);
        using var average = new IterateAverage(picture, stage.Optimizer.AverageDecay);
        Losses losses;
        try
        {
            Losses? known = null;
            if (!cancellation.IsCancellationRequested && !Optimize(objective, history, result, average, out known))
            {
                result.FallBack(shown: true);
                return true;
            }
            if (clock.Last is null) return false; // interrupted before the first iteration
            // An average, or what normalized gradients lead to, need not have the lowest total; samples of elsewhere say little of it.
            losses = result.End(average.Value, known, lenient: stage.Optimizer.AverageDecay > 0 || stage.Objective.NormaliseGradients || stage.Objective.IsSampled);
        }
        catch (Exception e) when (DeviceFault.Reason(e) is null)
        {
            // Where memory was short the size goes on from there; else this is what is left of the run.
            result.FallBack(shown: e is not OutOfMemoryException);
            throw;
        }
        if (result.Diverged) return true;
        if (result.IsFirst) notes?.Invoke($"{level.Width}x{level.Height}: no iteration has lowered the loss; the picture stays as it was when this size began.");
        Rehearsal?.Note(RunMoment.SizeEnds);
        clock.Close(level, losses, () => Handed(picture, clock));
        progress?.Invoke(clock.Last);
        return false;

        // Returns whether the losses stayed finite; known are those of the picture at the end, if there are such.
        bool Optimize(IObjective objective, int history, SizeResult result, IterateAverage average, out Losses? known)
        {
            using IOptimizer optimizer = stage.Optimizer.Kind == OptimizerKind.Lbfgs
                ? new Lbfgs(objective, picture, stage.Optimizer, history)
                : new Adam(objective, picture, stage.Optimizer, level.Iterations, clock.Done);
            Rehearsal?.Note(RunMoment.OptimizerMade);
            int most = Rehearsal is null ? level.Iterations : RunRehearsal.MostIterations(level, stage.Optimizer.Kind == OptimizerKind.Lbfgs ? history : 0);
            var stall = new StallTest(Rehearsal is null ? stage.Optimizer.Until : 0);
            known = null;
            while (clock.Done < most && !cancellation.IsCancellationRequested)
            {
                var losses = optimizer.Evaluate();
                if (!losses.IsFinite) return false;
                result.Evaluated(losses);
                optimizer.Move();
                average.Add();
                clock.Count(level, losses, () => Handed(objective.Shown(average.Value), clock));
                progress?.Invoke(clock.Last!);
                if (!stall.After(losses.Total) || clock.Done == level.Iterations) continue;
                notes?.Invoke($"{level.Width}x{level.Height} ends after {clock.Done} of {level.Iterations} iterations: in the last {StallTest.Window} its loss fell by less than {100 * stage.Optimizer.Until:g4} %.");
                break;
            }
            // Losses of other samples are not exact, and an average has its own.
            if (stage is { Optimizer.AverageDecay: 0, Objective.IsSampled: false }) known = optimizer.Known;
            return true;
        }
    }

    /// <summary>The objective at a size. The pictures that its targets come from do not outlive this.</summary>
    static IObjective Objective(NetworkGroup networks, TransferSettings settings, TransferPictures pictures, PyramidLevel level, int extraSums, TargetPicture? sought)
    {
        var content = pictures.Content is { } source ? new TargetPicture(source, level.Height, level.Width) : null;
        var objective = networks.Objective(content, [.. pictures.Styles.Select(p => StyleAt(p, level))], level.Height, level.Width, extraSums,
            settings.BlockSize, pictures.Guidance, sought, settings.Objective);
        return settings.Gray ? new GrayObjective(objective) : objective;
    }

    SoughtPicture Sought(TransferPictures pictures) => new(device, settings, pictures);

    /// <summary>The picture for whoever asks; where the run could go on elsewhere, a copy that it would go on from.</summary>
    RunPicture Handed(Tensor shown, RunClock clock)
    {
        if (spare is null) return new(device, shown, owner: false);
        var copy = RunPicture.Copy(device, shown);
        clock.Keep(copy);
        return copy;
    }

    Tensor Next(Tensor? coarser, PyramidLevel level, TransferPictures pictures)
    {
        var shape = new Shape(3, level.Height, level.Width);
        if (coarser is null)
            return settings.Init switch
            {
                InitKind.Content => (pictures.Content ?? throw new ArgumentException("There is no content picture to start from; start from noise.")).Upload(device, level.Height, level.Width),
                InitKind.Style => (pictures.Styles is [var style, ..] ? style : throw new ArgumentException("There is no style picture to start from; start from noise.")).Upload(device, level.Height, level.Width),
                InitKind.Picture => (pictures.Init ?? throw new ArgumentException("The settings start from a picture, but none is given.")).Upload(device, level.Height, level.Width),
                InitKind.Details => InitialDetails.Around(device, pictures, level),
                InitKind.Noise => InitialPicture.Noise(device, shape, settings.Seed, settings.NoiseDeviation),
                var other => throw Unknown.Kind(other),
            };
        var next = coarser.Shape == shape ? coarser : Enlarged(coarser, shape);
        if (settings.Init == InitKind.Details && level.Divisor != 1) InitialDetails.Add(device, pictures, level, next);
        return next;
    }

    /// <summary>The picture at another size, in the place of the one it is made of.</summary>
    Tensor Enlarged(Tensor coarser, Shape shape)
    {
        var finer = device.Allocate(shape);
        try
        {
            device.Resampling.Resize(coarser, finer, settings.Objective.Tiles);
        }
        catch
        {
            finer.Dispose();
            throw;
        }
        coarser.Dispose();
        return finer;
    }

    /// <summary>The result at its final size. It takes the picture over, or, where the run could go on elsewhere should the device fail, copies it while it can.</summary>
    TransferResult Finish(TransferPictures pictures, ref Tensor? picture, RunClock clock, bool interrupted, bool diverged)
    {
        var final = picture!.Shape with { Height = pictures.Height, Width = pictures.Width };
        if (picture.Shape != final) picture = Enlarged(picture, final);
        if (spare is not null) return new(RunPicture.Copy(device, picture), clock.Last, interrupted, diverged, clock.Stalled);
        var result = new RunPicture(device, picture, owner: true);
        picture = null;
        return new(result, clock.Last, interrupted, diverged, clock.Stalled);
    }

    internal static TargetPicture StyleAt(PictureSource style, PyramidLevel level)
    {
        var (height, width) = StyleSize(style.Height, style.Width, level);
        return new(style, height, width);
    }

    /// <summary>A style picture's size at a level: it shrinks with the result, but not below what the network needs.</summary>
    internal static (int Height, int Width) StyleSize(int height, int width, PyramidLevel level)
    {
        int Side(int side) => Math.Max(Vgg19.MinimumSide, Pyramid.Scaled(side, level.Divisor));
        return (Side(height), Side(width));
    }
}
