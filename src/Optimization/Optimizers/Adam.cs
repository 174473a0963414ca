using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>Adam (Kingma and Ba 2015) with the peers' constants: 0.9, 0.999, 1e-8. One
/// synchronisation an iteration, for the losses. The learning rate is in the network's units, as in the peers.</summary>
public sealed class Adam(Objective objective, Tensor picture, double learningRate) : IOptimizer
{
    readonly Tensor gradient = objective.Device.Allocate(objective.Picture);
    readonly Tensor firstMoment = objective.Device.Allocate(objective.Picture);
    readonly Tensor secondMoment = objective.Device.Allocate(objective.Picture);
    int iteration;

    /// <summary>Slots that this optimiser adds to the objective's sums.</summary>
    public const int SumCount = 0;

    /// <summary>Pictures of device memory taken.</summary>
    public const int Tensors = 3;

    /// <inheritdoc/>
    public Losses Step()
    {
        objective.Evaluate(picture, gradient);
        var losses = objective.ReadLosses();
        if (losses.IsFinite)
            objective.Device.Vectors.Adam(picture, gradient, firstMoment, secondMoment, new(learningRate / objective.PixelScale, 0.9, 0.999, 1e-8, ++iteration));
        return losses;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        gradient.Dispose();
        firstMoment.Dispose();
        secondMoment.Dispose();
    }
}
