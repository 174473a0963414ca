using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>Adam (Kingma and Ba 2015) with the peers' constants: 0.9, 0.999 as the settings have it, 1e-8. One
/// synchronisation an iteration, for the losses. The learning rate is in the network's units, as in the peers.</summary>
/// <param name="objective">What is minimised.</param>
/// <param name="picture">Moved by <see cref="Move"/>.</param>
/// <param name="settings">Learning rate, its schedule, decay of the second moment.</param>
/// <param name="iterations">Iterations of the size, which the schedule spans.</param>
/// <param name="done">How many of them another optimiser has done already.</param>
public sealed class Adam(IObjective objective, Tensor picture, OptimizerSettings settings, int iterations, int done = 0) : IOptimizer
{
    /// <summary>The gradient and its first two moments.</summary>
    readonly TensorList vectors = TensorList.Of(objective.Device, Enumerable.Repeat(objective.Picture, Tensors));
    int iteration;

    /// <summary>Slots that this optimiser adds to the objective's sums.</summary>
    public const int SumCount = 0;

    /// <summary>Pictures of device memory taken.</summary>
    public const int Tensors = 3;

    /// <inheritdoc/>
    public Losses? Known { get; private set; }

    /// <inheritdoc/>
    public Losses Evaluate()
    {
        objective.Evaluate(picture, vectors[0]);
        return Known = objective.ReadLosses();
    }

    /// <inheritdoc/>
    public void Move()
    {
        if (Known is not { IsFinite: true }) return;
        double rate = settings.AdamRate(done + iteration, iterations) / objective.PixelScale;
        objective.Device.Vectors.Adam(picture, vectors[0], vectors[1], vectors[2], new(rate, 0.9, settings.AdamBeta2, 1e-8, ++iteration));
        Known = null;
    }

    /// <inheritdoc/>
    public void Dispose() => vectors.Dispose();
}
