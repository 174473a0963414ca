using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Where a region lies in a layer's features: for each block the guidance channel T and its square, and features' worth of scratch, which the
/// guides of an objective share.
/// </summary>
internal sealed class Guide(IReadOnlyList<Tensor> channels, IReadOnlyList<Tensor> squares, IReadOnlyList<Tensor> scratch)
{
    /// <summary>T of a block [1,H,W].</summary>
    public Tensor Channel(int block) => channels[block];

    /// <summary>T^2 of a block [1,H,W].</summary>
    public Tensor Square(int block) => squares[block];

    /// <summary>A tensor of the features' shape; its values are undefined.</summary>
    public Tensor Scratch(int block) => scratch[block];
}

/// <summary>Statistics of features under a guide, or of all of them if there is none.</summary>
internal static class GuidedStatistics
{
    /// <summary>Adds a block's sum of T^2 F F^T to <paramref name="gram"/>, and of T^2 F to <paramref name="sums"/> if there is such.</summary>
    public static void AddStatistics(this Guide? guide, int block, Tensor features, Region region, Tensor gram, Tensor? sums)
    {
        var device = features.Device;
        if (sums is not null) device.Moments.Accumulate(features, guide?.Square(block), region, sums);
        if (guide is null)
        {
            device.Gram.Accumulate(features, region, gram);
            return;
        }
        device.Moments.Scale(features, guide.Channel(block), region, guide.Scratch(block), accumulate: false);
        device.Gram.Accumulate(guide.Scratch(block), region, gram);
    }

    /// <summary>T^2 (S F + v 1^T): <paramref name="gradient"/> is added to if <paramref name="accumulate"/>, else overwritten, with 0 outside the region.</summary>
    public static void Gradient(this Guide? guide, int block, Tensor features, Region region, Tensor matrix, Tensor? vector, Tensor gradient, bool accumulate)
    {
        var device = features.Device;
        if (guide is null) device.Gram.Gradient(features, region, matrix, gradient, accumulate);
        else
        {
            device.Gram.Gradient(features, region, matrix, guide.Scratch(block), accumulate: false);
            device.Moments.Scale(guide.Scratch(block), guide.Square(block), region, gradient, accumulate);
        }
        if (vector is not null) device.Moments.Spread(vector, guide?.Square(block), region, gradient);
    }
}
