using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Adam (Kingma and Ba 2015) with the peers' constants: 0.9, 0.999 as the settings have it, 1e-8. One synchronization an iteration, for the
/// losses. The learning rate is in the network's units, as in the peers.
/// <code>
/// picture = start + sum over l of E^l d_l         l below Octaves, d_l at 2^-l of the size
/// </code>
/// Each d_l, 0 at first, is moved by the gradient with respect to it, which is that of the picture halved l times, E being the bilinear
/// enlargement (<see cref="ISmoothing"/>). Adam's steps do not depend on where it starts, so that these are those of a Laplacian pyramid.
/// RMSprop (Tieleman and Hinton 2012), as the program of STROTSS has it, is Adam whose first moment is the gradient itself and whose second has
/// no bias to correct: v = 0.99 v + 0.01 g^2, and a step is rate g / (sqrt(v) + 1e-8), there for pixels of 0..1.
/// </summary>
public sealed class Adam : IOptimizer
{
    readonly IObjective objective;
    readonly Tensor picture;
    readonly OptimizerSettings settings;
    readonly int iterations;
    readonly bool averages;
    readonly TensorList gradients, first, second, steps;
    int iteration, done;

    /// <summary>Allocates its vectors.</summary>
    /// <param name="objective">What is minimized.</param>
    /// <param name="picture">Moved by <see cref="Move"/>.</param>
    /// <param name="settings">Learning rate, its schedule, decay of the second moment, octaves.</param>
    /// <param name="iterations">Iterations of the size, which the schedule spans.</param>
    /// <param name="done">How many of them another optimizer has done already.</param>
    public Adam(IObjective objective, Tensor picture, OptimizerSettings settings, int iterations, int done = 0)
    {
        (this.objective, this.picture, this.settings, this.iterations, this.done) = (objective, picture, settings, iterations, done);
        averages = Averages(settings);
        Shape[] shapes = [.. Shapes(objective.Picture, settings)];
        var device = objective.Device;
        (gradients, first, second, steps) = (new(device), new(device), new(device), new(device));
        try
        {
            foreach (var shape in shapes)
            {
                gradients.Allocate(shape);
                if (averages) first.Allocate(shape);
                second.Allocate(shape);
                steps.Add(steps.Count == 0 ? picture : device.Allocate(shape));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>RMSprop's constants. The gradient is a 255th of that with respect to pixels of 0..1.</summary>
    const double RmsDecay = 0.99, RmsEpsilon = 1e-8 / 255;

    /// <summary>After so many iterations a moment has no bias that could be seen.</summary>
    const int Unbiased = int.MaxValue;

    /// <summary>Slots that this optimizer adds to the objective's sums.</summary>
    public const int SumCount = 0;

    /// <inheritdoc/>
    public Losses? Known { get; private set; }

    /// <inheritdoc/>
    public Losses Evaluate()
    {
        objective.Evaluate(picture, gradients[0]);
        return Known = objective.ReadLosses();
    }

    /// <inheritdoc/>
    public void Move()
    {
        if (Known is not { IsFinite: true }) return;
        double rate = settings.AdamRate(done + iteration, iterations) / objective.PixelScale;
        var (vectors, smoothing) = (objective.Device.Vectors, objective.Device.Smoothing);
        iteration++;
        AdamStep step = averages ? new(rate, 0.9, settings.AdamBeta2, 1e-8, iteration) : new(rate, 0, RmsDecay, RmsEpsilon, Unbiased);
        for (int l = 1; l < steps.Count; l++)
        {
            smoothing.Halve(gradients[l - 1], gradients[l], objective.Wraps);
            vectors.Fill(steps[l], 0);
        }
        for (int l = steps.Count - 1; l >= 0; l--)
        {
            vectors.Adam(steps[l], gradients[l], averages ? first[l] : gradients[l], second[l], step);
            if (l + 1 < steps.Count) smoothing.Spread(steps[l + 1], 1, steps[l], objective.Wraps);
        }
        Known = null;
    }

    /// <inheritdoc/>
    public OptimizerState Save() =>
        new AdamState(iteration, done, Known, [.. first.Select(SavedTensor.Of)], [.. second.Select(SavedTensor.Of)]);

    /// <inheritdoc/>
    public void Restore(OptimizerState state)
    {
        if (state is not AdamState adam || adam.First.Count != first.Count || adam.Second.Count != second.Count)
            throw new ArgumentException("The state is another optimizer's.", nameof(state));
        (iteration, done, Known) = (adam.Iteration, adam.Done, adam.Known);
        for (int l = 0; l < first.Count; l++) adam.First[l].CopyTo(first[l]);
        for (int l = 0; l < second.Count; l++) adam.Second[l].CopyTo(second[l]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var list in new[] { gradients, first, second }) list.Dispose();
        if (steps.Count > 0) steps.RemoveAt(0); // the picture is the caller's
        steps.Dispose();
    }

    /// <summary>Whether there is a first moment of its own.</summary>
    static bool Averages(OptimizerSettings settings) => settings.Kind != OptimizerKind.RmsProp;

    static IEnumerable<Shape> Shapes(Shape picture, OptimizerSettings settings)
    {
        yield return picture;
        for (int l = 1; l < settings.Octaves && Math.Min(picture.Height, picture.Width) > 1; l++) yield return picture = ISmoothing.Half(picture);
    }
}
