using System.Text.Json.Serialization;

namespace GpuStyle.Optimization;

/// <summary>The state of a run after an iteration: a record that console, trace file and previews subscribe to.</summary>
/// <param name="Iteration">Iterations done, from 1, over all sizes.</param>
/// <param name="Iterations">Iterations that the whole run will do, as far as is known.</param>
/// <param name="Scale">The size being worked on, from 1 (coarsest).</param>
/// <param name="Scales">Number of sizes.</param>
/// <param name="Width">Width at this size.</param>
/// <param name="Height">Height at this size.</param>
/// <param name="Losses">Losses of the picture that the iteration started from.</param>
/// <param name="Seconds">Since the run began.</param>
/// <param name="FractionDone">Share of the run's work that is done, by cost rather than by count.</param>
/// <param name="Picture">Copies the picture [3,H,W] (the average, if iterates are averaged) from the device; valid only while the record is being handed over.</param>
public sealed record Iterate(
    int Iteration, int Iterations, int Scale, int Scales, int Width, int Height, Losses Losses, double Seconds, double FractionDone,
    [property: JsonIgnore] Func<float[]> Picture);

/// <summary>How a run ended.</summary>
/// <param name="Width">Width of the result.</param>
/// <param name="Height">Height of the result.</param>
/// <param name="Rgb">The result [3,H,W], 0..255, not clamped.</param>
/// <param name="Last">The last iteration, if there was one.</param>
/// <param name="Interrupted">Whether the run was asked to stop early.</param>
/// <param name="Diverged">Whether it stopped because the loss was no longer finite; the picture is then the best one before.</param>
/// <param name="Stalled">Number of sizes that ended early because the loss hardly fell any more.</param>
public sealed record TransferResult(int Width, int Height, float[] Rgb, Iterate? Last, bool Interrupted, bool Diverged, int Stalled = 0);
