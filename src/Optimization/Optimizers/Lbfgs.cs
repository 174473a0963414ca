using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Limited-memory BFGS as the peers use it (torch's optim.lbfgs, PyTorch's LBFGS): a first step min(1, 1/|g|_1) times the learning
/// rate (or, whenever nothing is remembered, as long as the settings say), then the learning rate itself, one evaluation an
/// iteration; or with a strong Wolfe line search. Without a line search the host waits once an iteration, for losses and inner
/// products together; with a preconditioner twice.
/// </summary>
public sealed class Lbfgs : IOptimizer
{
    readonly IObjective objective;
    readonly Device device;
    readonly Tensor picture;
    readonly TensorList vectors;
    readonly Tensor? start;
    readonly double learningRate, mostRise;
    readonly bool search;
    readonly LbfgsHistory history;
    readonly double[] sums;
    readonly ScalarSlot absolutes, slopeSlot;
    Tensor gradient, previous;
    double firstStep, taken = 1, next = 1;
    Losses? last;
    bool evaluated, stepped, movable, first = true;

    /// <summary>Allocates everything it will need.</summary>
    /// <param name="objective">Made with <see cref="SumCount"/> extra sums.</param>
    /// <param name="picture">Moved by <see cref="Move"/>.</param>
    /// <param name="settings">Learning rate, line search, preconditioner, window.</param>
    /// <param name="history">Pairs to remember, at least 1.</param>
    public Lbfgs(IObjective objective, Tensor picture, OptimizerSettings settings, int history)
    {
        (this.objective, this.picture, device) = (objective, picture, objective.Device);
        (learningRate, firstStep, mostRise) = (settings.LbfgsLearningRate, settings.FirstStep, settings.MostRise);
        search = settings.LineSearch == LineSearch.StrongWolfe;
        sums = new double[objective.Sums.Count];
        vectors = new(device);
        absolutes = new(objective.Sums, objective.FirstExtraSum);
        slopeSlot = new(objective.Sums, objective.FirstExtraSum + 1);
        try
        {
            gradient = Vector();
            previous = Vector();
            if (search || mostRise > 0) start = Vector();
            this.history = new LbfgsHistory(device, objective.Picture, history, objective.Sums, objective.FirstExtraSum + 2, settings, objective.Wraps);
        }
        catch
        {
            vectors.Dispose();
            throw;
        }
    }

    /// <summary>Slots that this optimiser adds to the objective's sums.</summary>
    public static int SumCount(int history) => 2 + LbfgsHistory.SumCount(history);

    /// <inheritdoc/>
    public Losses? Known { get; private set; }

    /// <inheritdoc/>
    public Losses Evaluate()
    {
        if (!evaluated) objective.Evaluate(picture, gradient);
        history.Queue(gradient, stepped ? previous : null);
        if (first) device.Vectors.SumOfAbsolutes(gradient, absolutes);
        objective.Sums.Read(sums);
        var losses = objective.Losses(sums);
        if (mostRise > 0 && stepped && last is not null && !(losses.Total <= mostRise * last.Total)) return StepBack(last, losses.Total);
        movable = losses.IsFinite;
        if (movable) last = losses;
        return Known = losses;
    }

    /// <inheritdoc/>
    public void Move()
    {
        if (!movable) return;
        movable = false;
        if (!history.Absorb(sums)) Restart();
        double slope = history.Direction(gradient);
        if (!(slope < 0))
        {
            history.Clear();
            slope = history.Direction(gradient);
        }
        double length = learningRate * next * (history.Count == 0 ? BareLength() : 1);
        (taken, next) = (next, 1);
        (gradient, previous) = (previous, gradient);
        (first, evaluated, stepped) = (false, false, slope < 0);
        if (stepped) Go(last!.Total, slope, length);
    }

    /// <inheritdoc/>
    public OptimizerState Save() => new LbfgsState(firstStep, taken, next, last, Known, evaluated, stepped, first,
        stepped ? SavedTensor.Of(previous) : null, stepped && start is not null ? SavedTensor.Of(start) : null, history.Save(stepped));

    /// <inheritdoc/>
    public void Restore(OptimizerState state)
    {
        if (state is not LbfgsState of)
            throw new ArgumentException("The state is another optimizer's.", nameof(state));
        (firstStep, taken, next, last, Known) = (of.FirstStep, of.Taken, of.Next, of.Last, of.Known);
        (evaluated, stepped, first, movable) = (of.Evaluated, of.Stepped, of.Unmoved, false);
        of.PreviousGradient?.CopyTo(previous);
        if (start is not null) of.Start?.CopyTo(start);
        history.Restore(of.History);
        if (!evaluated) return;
        // A line search has evaluated the picture where it is; its losses and gradient come again.
        objective.Evaluations--;
        objective.Evaluate(picture, gradient);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        history.Dispose();
        vectors.Dispose();
    }

    Tensor Vector() => vectors.Allocate(objective.Picture);

    /// <summary>
    /// Back to where the last step began, whose losses these are, to step from there again, less far; what the step told is forgotten.
    /// Losses are of the fourth degree in a layer's features, so that far out they grow with the fourth power of the step.
    /// </summary>
    Losses StepBack(Losses losses, double risen)
    {
        device.Vectors.Copy(start!, picture);
        history.Forget();
        next = taken * (double.IsFinite(risen) ? Math.Min(0.25, Math.Pow(risen / losses.Total, -0.25)) : 1.0 / 64);
        (evaluated, stepped, movable) = (false, false, false);
        return Known = losses;
    }

    /// <summary>
    /// A bad first measurement of the curvature can make every later step too short for float32; the peers stay stuck there. Begin
    /// anew with a first step that can be seen, a longer one each time.
    /// </summary>
    void Restart()
    {
        history.Clear();
        firstStep = Math.Max(1, 2 * firstStep);
    }

    /// <summary>
    /// How far to go along the bare gradient, with nothing remembered. The peers go all the way unless it is the very first step. In the
    /// network's units v = s x the gradient is g / s, and a step t g / s of v is t g / s^2 of the picture.
    /// </summary>
    double BareLength()
    {
        double s = objective.PixelScale;
        return firstStep > 0
            ? firstStep / Math.Sqrt(history.BareSquare / objective.Picture.Count)
            : (first ? Math.Min(1, s / sums[absolutes.Index]) : 1) / (s * s);
    }

    /// <summary>Moves the picture along the direction; the direction becomes the step taken.</summary>
    void Go(double loss, double slope, double length)
    {
        if (start is not null) device.Vectors.Copy(picture, start);
        if (search)
        {
            length = Search(start!, loss, slope, length);
            evaluated = stepped = length > 0;
        }
        else
        {
            device.Vectors.Combine([picture, history.Step], [1, length], picture);
            Known = null;
        }
        if (!stepped) history.Clear();
        else if (length != 1) device.Vectors.Combine([history.Step], [length], history.Step);
    }

    /// <summary>
    /// Moves the picture to where the strong Wolfe conditions hold, its gradient evaluated, and returns how far; 0 if nowhere was better.
    /// </summary>
    double Search(Tensor start, double loss, double slope, double length)
    {
        double last = double.NaN;
        (double, double) Along(double t)
        {
            last = t;
            device.Vectors.Combine([start, history.Step], [1, t], picture);
            objective.Evaluate(picture, gradient);
            device.Vectors.Dot([history.Step], gradient, objective.Sums, slopeSlot.Index);
            objective.Sums.Read(sums);
            Known = objective.Losses(sums);
            return (Known.Total, sums[slopeSlot.Index]);
        }
        double chosen = StrongWolfe.Search(Along, loss, slope, length);
        if (chosen != last) Along(chosen);
        return chosen;
    }
}
