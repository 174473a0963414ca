using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Everything that the next iteration of a run depends on, on the host. It can be taken after any iteration (<see cref="Iterate.State"/>)
/// and given to another run, which then does what the first would have done, bit for bit, on devices of the same kind. What is done to
/// pictures between sizes and for saving (<see cref="TransferPictures"/>) is the caller's, who gives the same again.
/// </summary>
/// <param name="Asked">The settings that the run was to have, before they were fitted to a device's memory.</param>
/// <param name="Inputs">What the run was given.</param>
/// <param name="Position">Where it stands.</param>
public sealed record RunState(TransferSettings Asked, RunInputs Inputs, RunPosition Position);

/// <summary>Where a run stands.</summary>
/// <param name="Settings">The settings in effect: as asked for, or smaller ones that memory had room for, with the devices' shares.</param>
/// <param name="Place">How far it has come.</param>
/// <param name="Picture">The picture [3,H,W]; of the size before if the size at <see cref="RunPlace.Level"/> has not begun.</param>
/// <param name="Begun">Whether the picture is one of the size at <see cref="RunPlace.Level"/>.</param>
/// <param name="Size">
/// Where that size stands. Null: it has not begun, or its optimizer begins anew with this picture, as after a lack of memory.
/// </param>
public sealed record RunPosition(TransferSettings Settings, RunPlace Place, SavedTensor Picture, bool Begun, SizeState? Size);

/// <summary>How far a run has come.</summary>
/// <param name="Level">The size being worked on, from 0; the number of sizes once the run is done.</param>
/// <param name="Done">Iterations done at this size.</param>
/// <param name="Work">Work done, in pixels times iterations.</param>
/// <param name="Skipped">Iterations that sizes were spared because their losses hardly fell any more.</param>
/// <param name="Spared">Their work.</param>
/// <param name="Stalled">The number of such sizes.</param>
/// <param name="Seconds">Time that the run took so far.</param>
/// <param name="Last">The last iteration.</param>
public sealed record RunPlace(int Level = 0, int Done = 0, double Work = 0, int Skipped = 0, double Spared = 0, int Stalled = 0,
    double Seconds = 0, Iterate? Last = null);

/// <summary>Where a size stands.</summary>
/// <param name="Start">The picture that it began with, clamped to 0..255.</param>
/// <param name="Best">The picture with the lowest total so far.</param>
/// <param name="OfStart">Losses of that picture, once it was evaluated.</param>
/// <param name="OfBest">Losses of the best.</param>
/// <param name="Evaluations">The objective's evaluations, by which samples are chosen.</param>
/// <param name="Average">The average of iterates; null without one.</param>
/// <param name="AveragePower">d^t of that average.</param>
/// <param name="RecentLosses">The last totals that the stall test looks at, oldest first.</param>
/// <param name="LowestBefore">The lowest total before these.</param>
/// <param name="Stalled">Whether the loss has stalled.</param>
/// <param name="Optimizer">The optimizer's own state.</param>
public sealed record SizeState(SavedTensor Start, SavedTensor Best, Losses? OfStart, Losses? OfBest, int Evaluations,
    SavedTensor? Average, double AveragePower, double[] RecentLosses, double LowestBefore, bool Stalled, OptimizerState Optimizer);
