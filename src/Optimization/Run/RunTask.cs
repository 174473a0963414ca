using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>What a run is for, whatever devices and settings it comes to be done with.</summary>
/// <param name="Weights">VGG-19.</param>
/// <param name="Pictures">What to work on.</param>
/// <param name="Asked">The settings that it was to have, before they were fitted to a device's memory.</param>
/// <param name="Watch">Its time.</param>
/// <param name="Cancellation">Stops it between two iterations.</param>
internal sealed record RunTask(VggWeights Weights, TransferPictures Pictures, TransferSettings Asked, RunWatch Watch,
    CancellationToken Cancellation)
{
    // What failed is tried again.
    readonly Lazy<RunInputs> inputs = new(() => RunInputs.Of(Weights, Pictures), LazyThreadSafetyMode.PublicationOnly);
    readonly HashSet<string> told = [];

    /// <summary>Called after each iteration.</summary>
    public Action<Iterate>? Progress { get; init; }

    /// <summary>Told, a line each, what goes otherwise than planned.</summary>
    public Action<string>? Notes { get; init; }

    /// <summary>
    /// Given, where the run could go on on other devices, what it would go on from: each size's first picture, and every picture that is
    /// shown.
    /// </summary>
    public Action<RunPosition>? Keep { get; init; }

    /// <summary>Told where the run stands, and how many iterations are enough, if the devices only count.</summary>
    public RunRehearsal? Rehearsal { get; init; }

    /// <summary>The hashes of everything that it was given, found when first asked for.</summary>
    public RunInputs Inputs => inputs.Value;

    /// <summary>Tells what an objective has to say, which it says again whenever it is made anew.</summary>
    public void TellOnce(string note)
    {
        if (told.Add(note)) Notes?.Invoke(note);
    }
}
