using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>One size of a run: the objective, the optimizer that moves the picture, and what the size ends with.</summary>
/// <param name="task">What the run is for.</param>
/// <param name="settings">The settings of this size.</param>
/// <param name="level">The size.</param>
/// <param name="clock">Counts the iterations.</param>
/// <param name="picture">The picture [3,H,W], moved in place.</param>
internal sealed class SizeRun(RunTask task, TransferSettings settings, PyramidLevel level, RunClock clock, Tensor picture)
{
    /// <summary>Called after each iteration.</summary>
    /// <param name="shown">Gives the picture as it is to be seen.</param>
    /// <param name="state">Gives where the size stands.</param>
    public delegate void Iterated(Func<Tensor> shown, Func<SizeState> state);

    /// <summary>Pairs that L-BFGS remembers at a size: no more than it can make there.</summary>
    internal static int History(OptimizerSettings optimizer, PyramidLevel level) => Math.Clamp(optimizer.History, 1, level.Iterations);

    /// <summary>
    /// Optimizes the picture and ends with one that is evaluated; a run that is stopped has its picture evaluated alone. If the run
    /// diverged the picture is the best before.
    /// </summary>
    /// <param name="networks">The network.</param>
    /// <param name="sought">Gives the picture whose neighbors are sought.</param>
    /// <param name="resumed">
    /// Where the size stood when the run was stopped: the picture is the one that it began with. Null: it begins now.
    /// </param>
    /// <param name="restored">Called once that is restored.</param>
    /// <param name="iterated">Called after each iteration.</param>
    /// <returns>Whether it diverged.</returns>
    public bool Run(NetworkGroup networks, SoughtPicture sought, RunPosition? resumed, Action restored, Iterated iterated)
    {
        int history = History(settings.Optimizer, level);
        int extraSums = settings.Optimizer.Kind == OptimizerKind.Lbfgs ? Lbfgs.SumCount(history) : Adam.SumCount;
        PictureStrips.Clamp(picture.Device, picture);
        using var objective = Objective(networks, extraSums, sought.At(level, picture, first: clock.Level == 0));
        task.Rehearsal?.Note(RunMoment.ObjectiveMade);
        foreach (string note in objective.Notes) task.TellOnce(note);
        using var result = new SizeResult(objective, picture, level.Divisor == 1 ? task.Pictures.AsSaved : null);
        using var average = new IterateAverage(picture, settings.Optimizer.AverageDecay);
        if (resumed?.Size is { } size)
        {
            resumed.Picture.CopyTo(picture);
            objective.Evaluations = size.Evaluations;
            result.Restore(size.Best, size.OfStart, size.OfBest);
            average.Restore(size.Average, size.AveragePower);
            restored();
        }
        Losses losses;
        try
        {
            Losses? known = null;
            if (!task.Cancellation.IsCancellationRequested
                && !Optimize(objective, history, result, average, resumed?.Size, iterated, out known))
            {
                result.FallBack(shown: true);
                return true;
            }
            if (clock.Last is null) return false; // interrupted before the first iteration
            // An average, or what normalized gradients lead to, need not have the lowest total; samples of elsewhere say little of it.
            losses = result.End(average.Value, known,
                lenient: settings.Optimizer.AverageDecay > 0 || settings.Objective.NormaliseGradients || settings.Objective.IsSampled);
        }
        catch (Exception e) when (DeviceFault.Reason(e) is null)
        {
            // Where memory was short the size goes on from there; else this is what is left of the run.
            result.FallBack(shown: e is not OutOfMemoryException);
            throw;
        }
        if (result.Diverged) return true;
        if (result.IsFirst)
            task.Notes?.Invoke($"{level.Width}x{level.Height}: no iteration has lowered the loss; the picture stays as it was when "
                + "this size began.");
        task.Rehearsal?.Note(RunMoment.SizeEnds);
        clock.Close(level, losses);
        return false;
    }

    /// <summary>Iterates. Returns whether the losses stayed finite; known are those of the picture at the end, if there are such.</summary>
    bool Optimize(IObjective objective, int history, SizeResult result, IterateAverage average, SizeState? resumed, Iterated iterated,
        out Losses? known)
    {
        bool lbfgs = settings.Optimizer.Kind == OptimizerKind.Lbfgs;
        using IOptimizer optimizer = lbfgs
            ? new Lbfgs(objective, picture, settings.Optimizer, history)
            : new Adam(objective, picture, settings.Optimizer, level.Iterations, clock.Done);
        task.Rehearsal?.Note(RunMoment.OptimizerMade);
        int most = task.Rehearsal is null ? level.Iterations : RunRehearsal.MostIterations(level, lbfgs ? history : 0);
        var stall = new StallTest(task.Rehearsal is null ? settings.Optimizer.Until : 0);
        if (resumed is not null)
        {
            optimizer.Restore(resumed.Optimizer);
            stall.Restore(resumed.RecentLosses, resumed.LowestBefore, resumed.Stalled);
        }
        known = null;
        while (clock.Done < most && !stall.Stalled && !task.Cancellation.IsCancellationRequested)
        {
            var losses = optimizer.Evaluate();
            if (!losses.IsFinite) return false;
            result.Evaluated(losses);
            optimizer.Move();
            average.Add();
            stall.Add(losses.Total);
            clock.Count(level, losses);
            iterated(() => objective.Shown(average.Value), Save);
        }
        if (stall.Stalled && clock.Done < level.Iterations)
            task.Notes?.Invoke($"{level.Width}x{level.Height} ends after {clock.Done} of {level.Iterations} iterations: in the last "
                + $"{StallTest.Window} its loss fell by less than {100 * settings.Optimizer.Until:g4} %.");
        // Losses of other samples are not exact, and an average has its own.
        if (settings is { Optimizer.AverageDecay: 0, Objective.IsSampled: false }) known = optimizer.Known;
        return true;

        SizeState Save()
        {
            var (first, best, ofFirst, ofBest) = result.Save();
            return new(first, best, ofFirst, ofBest, objective.Evaluations, average.Save(), average.Power, stall.Last, stall.Before,
                stall.Stalled, optimizer.Save());
        }
    }

    /// <summary>The objective at this size. The pictures that its targets come from do not outlive this.</summary>
    IObjective Objective(NetworkGroup networks, int extraSums, TargetPicture? sought)
    {
        var pictures = task.Pictures;
        var content = pictures.Content is { } source ? new TargetPicture(source, level.Height, level.Width) : null;
        var objective = networks.Objective(content, [.. pictures.Styles.Select(p => StyleSizes.At(p, level))], level.Height, level.Width,
            extraSums, settings.BlockSize, pictures.Guidance, sought, settings.Objective);
        return settings.Gray ? new GrayObjective(objective) : objective;
    }
}
