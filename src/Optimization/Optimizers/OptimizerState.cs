using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>What an optimizer's next iterations depend on, but for the picture.</summary>
public abstract record OptimizerState;

/// <summary>Of Adam and RMSprop.</summary>
/// <param name="Iteration">Steps taken, by which moments are unbiased.</param>
/// <param name="Done">Iterations of the size that another optimizer had done before.</param>
/// <param name="Known">Losses of the picture where it is, if they are known.</param>
/// <param name="First">First moments, one for each octave; none of RMSprop.</param>
/// <param name="Second">Second moments.</param>
public sealed record AdamState(int Iteration, int Done, Losses? Known, IReadOnlyList<SavedTensor> First, IReadOnlyList<SavedTensor> Second)
    : OptimizerState;

/// <summary>Of L-BFGS.</summary>
/// <param name="FirstStep">Length of the next step along a bare gradient.</param>
/// <param name="Taken">Share of the learning rate that the last step had.</param>
/// <param name="Next">Share that the next one has.</param>
/// <param name="Last">Losses where the last step began.</param>
/// <param name="Known">Losses of the picture where it is, if they are known.</param>
/// <param name="Evaluated">Whether a line search has evaluated the picture where it is.</param>
/// <param name="Stepped">Whether the last iteration made a step.</param>
/// <param name="Unmoved">Whether no step has been made yet.</param>
/// <param name="PreviousGradient">The gradient where the last step began; null without one.</param>
/// <param name="Start">The picture where it began; null if it is not kept.</param>
/// <param name="History">The pairs.</param>
public sealed record LbfgsState(double FirstStep, double Taken, double Next, Losses? Last, Losses? Known, bool Evaluated, bool Stepped,
    bool Unmoved, SavedTensor? PreviousGradient, SavedTensor? Start, LbfgsHistoryState History) : OptimizerState;

/// <summary>The pairs (s_i, y_i) that L-BFGS remembers, oldest first, and their inner products, n x n by rows.</summary>
/// <param name="Step">The last step, s of the next pair; null without one.</param>
/// <param name="Oldest">The place of the oldest pair in the ring.</param>
/// <param name="Steps">s_i.</param>
/// <param name="Changes">y_i.</param>
/// <param name="StepsByChanges">s_i.y_k.</param>
/// <param name="ChangesByChanges">y_i.y_k.</param>
/// <param name="StepsByGradient">s_i.g.</param>
/// <param name="ChangesByGradient">y_i.g.</param>
/// <param name="Gains">What the preconditioner has measured; null without one.</param>
public sealed record LbfgsHistoryState(SavedTensor? Step, int Oldest, IReadOnlyList<SavedTensor> Steps, IReadOnlyList<SavedTensor> Changes,
    double[] StepsByChanges, double[] ChangesByChanges, double[] StepsByGradient, double[] ChangesByGradient, BandGainsState? Gains);

/// <summary>What the preconditioner has measured.</summary>
/// <param name="Gamma">Its scale.</param>
/// <param name="Gains">3x3 of each band, by rows.</param>
/// <param name="Pairs">The pairs it looks back on.</param>
public sealed record BandGainsState(double Gamma, double[] Gains, IReadOnlyList<BandPairState> Pairs);

/// <summary>A pair's inner products in the bands.</summary>
/// <param name="Curvature">s.y.</param>
/// <param name="Step">Those of s.</param>
/// <param name="Change">Those of y.</param>
public sealed record BandPairState(double Curvature, double[] Step, double[] Change);
