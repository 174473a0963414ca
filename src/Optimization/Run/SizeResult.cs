using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Chooses the picture that a size ends with. No evaluation follows an optimizer's last step, so that nothing says whether it was a good one. The picture is
/// therefore evaluated once more, as it would be saved, clamped to 0..255, and is replaced by the best one so far, or by the one that the size
/// began with, where that has a lower total.
/// </summary>
internal sealed class SizeResult : IDisposable
{
    readonly IObjective objective;
    readonly Device device;
    readonly Tensor picture;
    readonly TensorList copies;
    readonly Tensor first, best;
    Losses? ofFirst, ofBest;

    /// <summary>Remembers the picture that the size begins with.</summary>
    /// <param name="objective">What is minimized.</param>
    /// <param name="picture">The picture [3,H,W] that is moved, as it would be saved.</param>
    public SizeResult(IObjective objective, Tensor picture)
    {
        (this.objective, this.picture, device) = (objective, picture, objective.Device);
        copies = TensorList.Of(device, Enumerable.Repeat(picture.Shape, Copies));
        (first, best) = (copies[0], copies[1]);
        device.Vectors.Copy(picture, first);
        device.Vectors.Copy(picture, best);
    }

    /// <summary>No step that is any good leads to a value beyond this, in units of 0..255.</summary>
    const float Absurd = 1e6f;

    /// <summary>Pictures of memory that this takes until the size ends.</summary>
    public const int Copies = 2;

    /// <summary>Whether the size ended with the picture that it began with, since no other was better.</summary>
    public bool IsFirst { get; private set; }

    /// <summary>Whether the steps were so long that nothing was left of the picture, and none was any good.</summary>
    public bool Diverged { get; private set; }

    /// <summary>The picture has these losses as it is now.</summary>
    public void Evaluated(Losses losses)
    {
        ofFirst ??= losses;
        if (!(losses.Total < (ofBest?.Total ?? double.PositiveInfinity))) return;
        ofBest = losses;
        device.Vectors.Copy(picture, best);
    }

    /// <summary>Back to the best picture so far.</summary>
    public void FallBack()
    {
        device.Vectors.Copy(best, picture);
        Show(picture);
        PictureStrips.Clamp(device, picture);
    }

    /// <summary>Leaves the size's result in the picture and returns its losses.</summary>
    /// <param name="last">The picture to keep if it is good: the last one, or the average of all.</param>
    /// <param name="known">Its losses, if they are known.</param>
    /// <param name="lenient">Whether the total that the size began with is good enough, not only the lowest so far.</param>
    public Losses End(Tensor last, Losses? known, bool lenient)
    {
        if (last != picture) device.Vectors.Copy(last, picture);
        Show(picture);
        bool thrown = !PictureStrips.All(device, picture, v => Math.Abs(v) < Absurd), changed = PictureStrips.Clamp(device, picture);
        using var gradient = device.Allocate(picture.Shape);
        var losses = changed || known is null ? Evaluate(picture) : known;
        double most = (lenient ? ofFirst : ofBest)?.Total ?? double.PositiveInfinity;
        if (!(losses.Total <= most))
        {
            Show(best);
            PictureStrips.Clamp(device, best);
            Choose(best, Evaluate(best));
            if (ofFirst is not null) IsFirst = Choose(first, ofFirst);
            Show(picture);
        }
        Diverged = IsFirst && thrown;
        return losses;

        Losses Evaluate(Tensor candidate)
        {
            objective.ForgetGradients();
            objective.Evaluate(candidate, gradient);
            return objective.ReadLosses();
        }

        bool Choose(Tensor candidate, Losses ofCandidate)
        {
            if (losses.Total < ofCandidate.Total) return false;
            device.Vectors.Copy(candidate, picture);
            losses = ofCandidate;
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => copies.Dispose();

    /// <summary>Makes a picture what the objective sees of it: with the content's pixels where they are kept, without color if it is to have none.</summary>
    void Show(Tensor any)
    {
        var shown = objective.Shown(any);
        if (shown != any) device.Vectors.Copy(shown, any);
    }
}
