using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A function of the picture that an optimiser minimises: the picture, its gradient and the optimiser's vectors lie on one device. Where it
/// is computed is another matter: there (<see cref="Objective"/>), or elsewhere (<see cref="SharedObjective"/>).
/// </summary>
public interface IObjective : IDisposable
{
    /// <summary>
    /// The sums of an evaluation; an optimiser adds its own behind <see cref="FirstExtraSum"/> and reads them all at once.
    /// </summary>
    Scalars Sums { get; }

    /// <summary>The first slot of <see cref="Sums"/> that is not the objective's.</summary>
    int FirstExtraSum { get; }

    /// <summary>
    /// The network's units in one unit of the picture. The peers optimise the network's input; first steps and learning rates
    /// mean what they mean there when this is taken into account.
    /// </summary>
    double PixelScale { get; }

    /// <summary>The shape of the picture.</summary>
    Shape Picture { get; }

    /// <summary>Whether the picture wraps around (<see cref="ObjectiveSettings.Tiles"/>): an optimizer that smooths has no reason to stop at its edges.</summary>
    bool Wraps => false;

    /// <summary>The device that picture, gradient and <see cref="Sums"/> lie on.</summary>
    Device Device { get; }

    /// <summary>
    /// Evaluates or, on one device, queues the evaluation and does not wait: losses into <see cref="Sums"/>, which is cleared first, and
    /// the gradient of the total with respect to the picture into <paramref name="gradient"/> [3,H,W], which is overwritten.
    /// </summary>
    void Evaluate(Tensor picture, Tensor gradient);

    /// <summary>
    /// Evaluations so far. Where they look at some positions alone (<see cref="ObjectiveSettings.Samples"/>) this says at which the next
    /// one looks: set to 0, at those of the first.
    /// </summary>
    int Evaluations { get; set; }

    /// <summary>
    /// The picture as the objective sees it: with the content's pixels where they are kept. What it gives is overwritten by the next call.
    /// </summary>
    Tensor Shown(Tensor picture);

    /// <summary>What was left out, a line each: regions that vanish at a layer.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>The losses of the last evaluation, from the sums that <see cref="Scalars.Read"/> gave.</summary>
    Losses Losses(ReadOnlySpan<double> sums);
}

/// <summary>An objective of content, style and variation, whose weights may be found once its targets are there.</summary>
public interface IStyleObjective : IObjective
{
    /// <summary>What is minimized.</summary>
    ObjectiveSettings Settings { get; }

    /// <summary>
    /// Queues a forward pass over a picture [3,H,W]: the losses that relative weights measure go into <see cref="IObjective.Sums"/>, and the
    /// variation. The picture counts as it is, also where pixels are kept. Gradients must not be normalized.
    /// </summary>
    /// <param name="picture">The picture.</param>
    /// <param name="unused">A picture's room, whose values are lost.</param>
    void Measure(Tensor picture, Tensor unused);

    /// <summary>
    /// From the next evaluation on, losses that relative weights measure, and the variation, have the weights of these settings, which are
    /// the objective's but for them.
    /// </summary>
    void Weigh(ObjectiveSettings weighed);
}

/// <summary>What every objective can do.</summary>
public static class ObjectiveExtensions
{
    /// <summary>Waits for the device and gives the losses of the last evaluation.</summary>
    public static Losses ReadLosses(this IObjective objective)
    {
        var sums = new double[objective.Sums.Count];
        objective.Sums.Read(sums);
        return objective.Losses(sums);
    }
}
