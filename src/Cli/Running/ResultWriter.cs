using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Writes a run's pictures, with the settings that made them, and says how the run ended.</summary>
internal sealed class ResultWriter
{
    readonly string target;
    readonly RowSource? alpha;
    readonly SaveOptions options;
    readonly RunRecord? record;
    readonly Func<PictureRows, PictureRows> finish;
    bool intermediatesFail;

    /// <summary>
    /// Says before the run whether its result can be written. What the run makes is written as <paramref name="finish"/> gives it, with
    /// the record unless that is null.
    /// </summary>
    public ResultWriter(string target, (int Width, int Height) size, RowSource? alpha, SaveOptions options, RunRecord? record,
        Func<PictureRows, PictureRows> finish)
    {
        (this.target, this.alpha, this.options, this.record, this.finish) = (target, alpha, options, record, finish);
        OutputPicture.Check(target, size.Width, size.Height, Save(null));
    }

    /// <summary>
    /// How a picture is written: one that is not the end of its run, with the iterations done; one that was evaluated, with its losses.
    /// </summary>
    SaveOptions Save(int? stopped, Losses? losses = null) =>
        options with { Settings = record is null ? null : Json.Line(record with { Stopped = stopped, Losses = losses }) };

    /// <summary>
    /// The picture so far, beside the target: out.png becomes out-0050.png. One that cannot be written does not end the run.
    /// </summary>
    public void Intermediate(Iterate iterate)
    {
        if (intermediatesFail || SoFar(WrittenFiles.After(target, iterate.Iteration), iterate) is not { } problem) return;
        intermediatesFail = true;
        Terminal.Say($"--save-every ends: {problem}; the run goes on.");
    }

    /// <summary>
    /// Saves the picture of a run that was interrupted at a coarse size, as small as it is: to be evaluated at its final size takes as long
    /// as an iteration there, and whoever stops a program may not wait. What fails here is told by the result that follows.
    /// </summary>
    public void Provisional(Iterate iterate)
    {
        if (!OutputPicture.IsStandard(target)) SoFar(target, iterate);
    }

    /// <summary>Saves an iterate's picture; returns why it could not be written, or null.</summary>
    string? SoFar(string file, Iterate iterate)
    {
        try
        {
            var how = Save(iterate.Iteration < iterate.Iterations ? iterate.Iteration : null, iterate.Closing ? iterate.Losses : null);
            PictureFile.SaveRows(file, finish(new(iterate.Width, iterate.Height, iterate.Shown().Read)), how);
            return null;
        }
        catch (Exception e) when (e is PictureException or OutOfMemoryException)
        {
            return e.Message;
        }
    }

    /// <summary>Saves the result and returns the exit code.</summary>
    public int Finish(TransferResult result, OptimizerSettings optimizer, bool json, Workplace place)
    {
        bool interrupted = result.Outcome == Outcome.Cancelled, diverged = result.Outcome == Outcome.Diverged;
        if (interrupted && result.Last is null) throw new OperationCanceledException();
        PictureRows painted = new(result.Width, result.Height, result.Picture.Read, alpha), picture = painted;
        var how = Save(interrupted ? result.Last?.Iteration ?? 0 : null, diverged ? null : result.Last?.Losses);
        try
        {
            picture = finish(painted);
        }
        catch (Exception e) when (e is PictureException or OutOfMemoryException or OverflowException)
        {
            OutputPicture.Save(target, painted, how);
            throw new FailureException($"--color: {e.Message}. {target} is the picture as it was painted, without the content's colours.");
        }
        if (diverged) throw Diverged(picture, result.Last, optimizer);
        if (OutputPicture.Save(target, picture, how).AlphaFlattened) Terminal.Say($"{target} cannot hold transparency: the picture was laid on white. Use .png to keep it.");
        string line = json
            ? Json.Line(new
            {
                output = target,
                result.Width,
                result.Height,
                interrupted,
                result.Stalled,
                iterations = result.Last?.Iteration ?? 0,
                seconds = result.Last?.Seconds ?? 0,
                losses = result.Last?.Losses,
                device = place.Devices.Name,
                precision = Precisions(place),
                weights = place.Weights.Source,
                peakBytes = place.Devices.PeakBytes,
                synchronizations = place.Devices.Synchronizations,
            })
            : $"{target}: {result.Width}x{result.Height}, {RunProgress.Iterations(result.Last)} in "
                + $"{RunProgress.Duration(result.Last?.Seconds ?? 0)} on {place.Devices.Name}"
                + (Precisions(place) is [Precision.Fp32] ? "" : $" in {string.Join(" and ", Precisions(place)).ToLowerInvariant()}")
                + $" with {place.Weights.Source}"
                + (result.Stalled > 0 ? $", {StyleOptions.Count(result.Stalled, "size")} ended early" : "")
                + (interrupted ? ", interrupted" : "");
        return OutputPicture.Announce(target, line, interrupted ? CommandTree.Interrupted : CommandTree.Done);
    }

    /// <summary>What the devices multiplied in.</summary>
    static Precision[] Precisions(Workplace place) => [.. place.Devices.Devices.Select(d => d.Precision).Distinct()];

    /// <summary>Saves what a run that failed had come to, beside the target.</summary>
    /// <returns>What to say.</returns>
    public FailureException Failed(RunFailedException failure)
    {
        using var result = failure.Result;
        string kept = WrittenFiles.LastGood(target);
        Rescue.Save(kept, finish(new(result.Width, result.Height, result.Picture.Read)), Save(result.Last?.Iteration ?? 0));
        return new($"{failure.Message.TrimEnd('.')}. The picture after {RunProgress.Iterations(result.Last)}, {result.Width}x{result.Height}, is in {kept}.");
    }

    FailureException Diverged(PictureRows best, Iterate? last, OptimizerSettings optimizer)
    {
        string kept = WrittenFiles.LastGood(target);
        Rescue.Save(kept, best, Save(last?.Iteration ?? 0));
        return new(last is null
            ? $"the loss of the first picture is no finite number; lower --style-weight and --content-weight or use other --weights. That picture is in {kept}."
            : $"the loss is no finite number any more, or every step has thrown it far up, after {RunProgress.Iterations(last)}; "
                + $"{Calmer(optimizer)}, or lower --style-weight and --content-weight. The best picture so far is in {kept}.");
    }

    /// <summary>What makes an optimiser's steps shorter or more careful, of what is not so already.</summary>
    static string Calmer(OptimizerSettings optimizer)
    {
        bool lbfgs = optimizer.Kind == OptimizerKind.Lbfgs;
        List<string> advice = ["lower --learning-rate"];
        if (lbfgs && optimizer.LineSearch == LineSearch.None) advice.Add("use --line-search strong-wolfe");
        if (lbfgs && optimizer.Preconditioned) advice.Add("--preconditioner none");
        if (lbfgs && optimizer.PackedHistory) advice.Add("--history-precision fp32");
        return string.Join(", ", advice);
    }
}
