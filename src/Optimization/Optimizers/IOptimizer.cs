namespace GpuStyle.Optimization;

/// <summary>The optimisers.</summary>
public enum OptimizerKind
{
    /// <summary>Limited-memory BFGS, the paper's choice.</summary>
    Lbfgs,

    /// <summary>Adam: less memory, more iterations.</summary>
    Adam,

    /// <summary>RMSprop: as Adam with steps that are not averaged, and a second moment that forgets sooner.</summary>
    RmsProp,
}

/// <summary>How L-BFGS chooses the length of a step.</summary>
public enum LineSearch
{
    /// <summary>
    /// The learning rate, after a first step as <see cref="OptimizerSettings.FirstStep"/> says. One evaluation an iteration.
    /// </summary>
    None,

    /// <summary>
    /// Strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6). Usually one or two evaluations an iteration.
    /// </summary>
    StrongWolfe,
}

/// <summary>How Adam's learning rate goes over the iterations of a size; t is the part of them that is done, from 0 to below 1.</summary>
public enum RateSchedule
{
    /// <summary>The same rate throughout, as in the peers whose presets there are.</summary>
    Constant,

    /// <summary>1 - t times the rate.</summary>
    Linear,

    /// <summary>(1 + cos(pi t)) / 2 times the rate (Loshchilov and Hutter 2017, without restarts).</summary>
    Cosine,
}

/// <summary>How the objective is minimised.</summary>
public sealed record OptimizerSettings
{
    /// <summary>What makes L-BFGS need fewer iterations and less memory than as published: that of the presets that are ours.</summary>
    internal static OptimizerSettings Fast { get; } = new()
    {
        History = 20,
        FirstStep = 1,
        MostRise = 4,
        CurvatureWindow = 10,
        Preconditioned = true,
        PackedHistory = true,
    };

    /// <summary>Which optimiser.</summary>
    public OptimizerKind Kind { get; init; }

    /// <summary>Iterations at the finest size.</summary>
    public int Iterations { get; init; } = 200;

    /// <summary>Step length of L-BFGS.</summary>
    public double LbfgsLearningRate { get; init; } = 1;

    /// <summary>Step length of Adam, and of RMSprop, in the network's units: 0..255, times <see cref="ObjectiveSettings.PixelScale"/>.</summary>
    public double AdamLearningRate { get; init; } = 10;

    /// <summary>Decay of Adam's second moment; style-transfer-pytorch takes 0.99.</summary>
    public double AdamBeta2 { get; init; } = 0.999;

    /// <summary>
    /// Octaves that Adam, or RMSprop, steps in: the picture is the sum of so many pictures, each half the size of the one before and enlarged again, and
    /// each takes steps of its own. 1: the pixels alone. NNST takes up to nine, STROTSS six.
    /// </summary>
    public int Octaves { get; init; } = 1;

    /// <summary>How Adam's learning rate falls.</summary>
    public RateSchedule Schedule { get; init; }

    /// <summary>
    /// Decay, from 0 to below 1, of the exponential average of the iterates that is shown, saved and handed to the next size; 0: the last
    /// iterate itself. Needs a picture of memory. style-transfer-pytorch takes 0.99.
    /// </summary>
    public double AverageDecay { get; init; }

    /// <summary>
    /// A size ends early once its lowest loss falls by less than this share of it in <see cref="StallWindow"/> iterations; 0: never.
    /// </summary>
    public double Until { get; init; }

    /// <summary>Iterations over which <see cref="Until"/> looks.</summary>
    public const int StallWindow = StallTest.Window;

    /// <summary>
    /// Pairs that L-BFGS remembers; each takes two pictures of memory, or little more than half of one if they are packed.
    /// </summary>
    public int History { get; init; } = 100;

    /// <summary>
    /// Whether L-BFGS keeps its pairs in 8 bits a value (<see cref="Kernels.Tensor.Packed"/>): little more than a quarter of the memory and
    /// of the reading, and no more iterations (docs/decisions/lbfgs.md). The peers keep float32.
    /// </summary>
    public bool PackedHistory { get; init; }

    /// <summary>
    /// Root mean square of L-BFGS's first step, in units of 0..255; 0 takes the peers' min(1, 1/|g|_1), which is so short that
    /// the curvature it measures is mostly rounding.
    /// </summary>
    public double FirstStep { get; init; }

    /// <summary>How L-BFGS chooses its steps.</summary>
    public LineSearch LineSearch { get; init; }

    /// <summary>
    /// L-BFGS takes a step back that makes the total so many times as large, or not finite, and tries a quarter of it or less; 0: never, as
    /// the peers. Needs a picture of memory.
    /// </summary>
    public double MostRise { get; init; }

    /// <summary>
    /// Whether L-BFGS takes longer steps in those octaves and colours in which the last ones found the objective to give way easily (<see
    /// cref="BandGains"/>, docs/decisions/preconditioner.md): fewer iterations. The peers do not.
    /// </summary>
    public bool Preconditioned { get; init; }

    /// <summary>
    /// Pairs among which L-BFGS looks for the least curvature, to start its recursion from, and which the preconditioner looks back on, at
    /// least 1. The peers take the last pair's; most steps are longer with more.
    /// </summary>
    public int CurvatureWindow { get; init; } = 1;

    /// <summary>Adam's learning rate once some of a size's iterations are done.</summary>
    internal double AdamRate(int done, int iterations)
    {
        double t = (double)done / iterations;
        return AdamLearningRate * Schedule switch { RateSchedule.Linear => 1 - t, RateSchedule.Cosine => (1 + Math.Cos(Math.PI * t)) / 2, _ => 1 };
    }
}

/// <summary>
/// Minimises an objective, one iteration at a time: an evaluation of the picture, then a step. The picture and everything the optimizer
/// remembers lie on the device.
/// </summary>
public interface IOptimizer : IDisposable
{
    /// <summary>
    /// Evaluates the objective at the picture and returns its losses. If the last step raised the total too far, the picture goes back to
    /// where that step began, and the losses are those of there.
    /// </summary>
    Losses Evaluate();

    /// <summary>
    /// Moves the picture from where <see cref="Evaluate"/> has left it. Does nothing after losses that are not finite, or that it went
    /// back to: the next evaluation comes first.
    /// </summary>
    void Move();

    /// <summary>The losses of the picture where it is now; null if they would take another evaluation.</summary>
    Losses? Known { get; }

    /// <summary>Everything that the next iterations depend on but for the picture; to be asked for after <see cref="Move"/>.</summary>
    OptimizerState Save();

    /// <summary>
    /// Goes on from there: the next <see cref="Evaluate"/> gives the same bits as it would have given then. The picture, and the
    /// objective's
    /// <see cref="IObjective.Evaluations"/>, are what they were.
    /// </summary>
    /// <exception cref="ArgumentException">The state is another optimizer's, or one of other settings.</exception>
    void Restore(OptimizerState state);
}

/// <summary>What every optimizer can do.</summary>
public static class OptimizerExtensions
{
    /// <summary>An iteration: evaluates the picture, moves it, and returns the losses where it was before.</summary>
    public static Losses Step(this IOptimizer optimizer)
    {
        var losses = optimizer.Evaluate();
        optimizer.Move();
        return losses;
    }
}
