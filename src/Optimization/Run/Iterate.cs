using System.Text.Json.Serialization;

namespace GpuStyle.Optimization;

/// <summary>The state of a run after an iteration: a record that console, trace file and previews subscribe to.</summary>
/// <param name="Iteration">Iterations done, from 1, over all sizes.</param>
/// <param name="Iterations">Iterations that the whole run will do, as far as is known.</param>
/// <param name="Scale">The size being worked on, from 1 (coarsest).</param>
/// <param name="Scales">Number of sizes.</param>
/// <param name="Width">Width at this size.</param>
/// <param name="Height">Height at this size.</param>
/// <param name="Losses">Losses of the picture that the iteration started from; of the picture shown, if this is a size's <see
/// cref="Closing"/>.</param>
/// <param name="Seconds">Since the run began.</param>
/// <param name="FractionDone">Share of the run's work that is done, by cost rather than by count.</param>
public sealed record Iterate(
    int Iteration, int Iterations, int Scale, int Scales, int Width, int Height, Losses Losses, double Seconds, double FractionDone)
{
    /// <summary>
    /// The picture as it is now (the average, if iterates are averaged), on its device; only while the record is being handed over.
    /// </summary>
    [JsonIgnore]
    public Func<RunPicture> Shown { get; init; } = () => throw Over();

    /// <summary>
    /// A copy on the host of what the next iteration depends on; only while the record is being handed over. Where a stopped run ends
    /// (<see cref="Closing"/>) there is none.
    /// </summary>
    [JsonIgnore]
    public Func<RunState> State { get; init; } = () => throw Over();

    /// <summary>
    /// Whether this is no iteration but what a size has ended with, after its last one: the picture that is handed on to the next size or
    /// is the result, in values that a file can hold, and its own losses.
    /// </summary>
    public bool Closing { get; init; }

    /// <summary>A copy of the picture [3,H,W]; only while the record is being handed over.</summary>
    public float[] Picture() => Shown().ToArray();

    internal static InvalidOperationException Over() =>
        new("The iteration has been handed over: its picture and its state are others by now.");
}

/// <summary>How a run has ended.</summary>
public enum Outcome
{
    /// <summary>All iterations are done, or sizes have ended early because their losses hardly fell any more.</summary>
    Completed,

    /// <summary>It was asked to stop, or could not go on; the picture is the one that it had come to.</summary>
    Cancelled,

    /// <summary>The loss was no longer finite, or all steps were far too long; the picture is the best one before.</summary>
    Diverged,
}

/// <summary>How a run ended. The picture lies where it was computed until this is disposed of, or its device.</summary>
/// <param name="Picture">The result.</param>
/// <param name="Last">The last iteration, if there was one: what the last size has ended with, unless the run diverged.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Stalled">Number of sizes that ended early because the loss hardly fell any more.</param>
public sealed record TransferResult(RunPicture Picture, Iterate? Last, Outcome Outcome, int Stalled = 0) : IDisposable
{
    float[]? rgb;

    /// <summary>Width of the result.</summary>
    public int Width => Picture.Width;

    /// <summary>Height of the result.</summary>
    public int Height => Picture.Height;

    /// <summary>The result [3,H,W] in 0..255: a copy, made when first asked for.</summary>
    /// <exception cref="ArgumentException">It is more than an array can hold; <see cref="Picture"/> gives it in rows.</exception>
    public float[] Rgb => rgb ??= Picture.ToArray();

    /// <inheritdoc/>
    public void Dispose() => Picture.Dispose();
}
