using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Chooses the picture that a size ends with. No evaluation follows an optimizer's last step, so that nothing says whether it was a good
/// one. The last picture is therefore clamped to 0..255, as it would be saved, and evaluated; where its total is not the lowest so far, the
/// best picture is clamped and evaluated, too, and the lower of the two is taken, or the one that the size began with
/// (docs/decisions/closing.md).
/// </summary>
internal sealed class SizeResult : IDisposable
{
    /// <summary>Pictures of memory that this takes until the size ends.</summary>
    const int Copies = 2;

    /// <summary>No step that is any good leads to a value beyond this, in units of 0..255.</summary>
    const float Absurd = 1e6f;

    readonly IObjective objective;
    readonly Device device;
    readonly Tensor picture;
    readonly TensorList copies;
    readonly Tensor first, best;
    readonly Func<float[], float[]>? asSaved;
    Losses? ofFirst, ofBest;

    /// <summary>Remembers the picture that the size begins with.</summary>
    /// <param name="objective">What is minimized.</param>
    /// <param name="picture">The picture [3,H,W] that is moved; its values are clamped already.</param>
    /// <param name="asSaved">What the objective sees of a picture once it is saved, if that is another; null: the picture.</param>
    public SizeResult(IObjective objective, Tensor picture, Func<float[], float[]>? asSaved)
    {
        (this.objective, this.picture, this.asSaved, device) = (objective, picture, asSaved, objective.Device);
        copies = TensorList.Of(device, Enumerable.Repeat(picture.Shape, Copies));
        (first, best) = (copies[0], copies[1]);
        device.Vectors.Copy(picture, first);
        device.Vectors.Copy(picture, best);
    }

    /// <summary>Whether the size ended with the picture that it began with, since no other was better.</summary>
    public bool IsFirst { get; private set; }

    /// <summary>Whether the steps were so long that nothing was left of the picture, and none was any good.</summary>
    public bool Diverged { get; private set; }

    /// <summary>The first picture and the best, with their losses.</summary>
    public (SavedTensor First, SavedTensor Best, Losses? OfFirst, Losses? OfBest) Save() =>
        (SavedTensor.Of(first), SavedTensor.Of(best), ofFirst, ofBest);

    /// <summary>Goes on with another one's best picture; this one was made with the same first picture.</summary>
    public void Restore(SavedTensor ofThen, Losses? firstLosses, Losses? bestLosses)
    {
        ofThen.CopyTo(best);
        (ofFirst, ofBest) = (firstLosses, bestLosses);
    }

    /// <summary>The picture has these losses as it is now.</summary>
    public void Evaluated(Losses losses)
    {
        ofFirst ??= losses;
        if (!(losses.Total < (ofBest?.Total ?? double.PositiveInfinity))) return;
        ofBest = losses;
        device.Vectors.Copy(picture, best);
    }

    /// <summary>Back to the best picture so far.</summary>
    /// <param name="shown">Whether it is a result: as the objective sees it, clamped.</param>
    public void FallBack(bool shown)
    {
        device.Vectors.Copy(best, picture);
        // A picture with values that are no numbers may have had losses that are: ReLUs make 0 of them.
        if (float.IsNaN(PictureStrips.Clamp(device, picture).Highest)) device.Vectors.Copy(first, picture);
        if (shown) Show();
    }

    /// <summary>Leaves the size's result in the picture and returns its losses.</summary>
    /// <param name="last">The picture to keep if it is good: the last one, or the average of all.</param>
    /// <param name="known">Its losses, if they are known.</param>
    /// <param name="lenient">Whether the total that the size began with is good enough, not only the lowest so far.</param>
    public Losses End(Tensor last, Losses? known, bool lenient)
    {
        if (last != picture) device.Vectors.Copy(last, picture);
        var (changed, highest) = PictureStrips.Clamp(device, picture);
        using var gradient = device.Allocate(picture.Shape);
        using var saved = asSaved is null ? null : device.Allocate(picture.Shape);
        var losses = changed || known is null || saved is not null ? Evaluate(picture) : known;
        double total = float.IsNaN(highest) || double.IsNaN(losses.Total) ? double.PositiveInfinity : losses.Total;
        if (total > ((lenient ? ofFirst : ofBest)?.Total ?? double.MaxValue))
        {
            // The best picture is the first one where no total was lower.
            if (ofBest?.Total != ofFirst?.Total && !float.IsNaN(PictureStrips.Clamp(device, best).Highest)) Choose(best, Evaluate(best));
            // The first picture is clamped, and its losses are exact: the first evaluation reuses nothing.
            if (ofFirst is not null) IsFirst = Choose(first, saved is null ? ofFirst : Evaluate(first));
        }
        Diverged = IsFirst && !(highest < Absurd);
        Show();
        return losses;

        Losses Evaluate(Tensor candidate)
        {
            if (saved is not null) device.Upload(asSaved!(device.Download(objective.Shown(candidate))), candidate = saved);
            objective.Evaluations = 0;
            objective.Evaluate(candidate, gradient);
            return objective.ReadLosses();
        }

        bool Choose(Tensor candidate, Losses ofCandidate)
        {
            if (total < ofCandidate.Total) return false;
            device.Vectors.Copy(candidate, picture);
            (losses, total) = (ofCandidate, ofCandidate.Total);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => copies.Dispose();

    /// <summary>
    /// Makes the picture what the objective sees of it: with the content's pixels where they are kept, without color if it is to have
    /// none. Once, since pixels that are kept in part would be kept more by a second time.
    /// </summary>
    void Show()
    {
        var shown = objective.Shown(picture);
        if (shown != picture) device.Vectors.Copy(shown, picture);
    }
}
