using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>A loss on the colors of a whole picture, on one device.</summary>
internal interface IColorTerm
{
    /// <summary>The loss before its weight, its regions' together.</summary>
    double Loss(ReadOnlySpan<double> sums);

    /// <summary>Adds the loss to its slots and the weighted gradient to <paramref name="gradient"/>.</summary>
    void Evaluate(Tensor picture, Tensor gradient);
}
