namespace GpuStyle.Kernels;

/// <summary>How the SIMD engine computes a convolution.</summary>
internal enum SimdAlgorithm
{
    /// <summary>Nine products a pair of channels and output.</summary>
    Direct,

    /// <summary>Winograd's F(4 x 4, 3 x 3).</summary>
    Winograd4,

    /// <summary>Winograd's F(6 x 6, 3 x 3).</summary>
    Winograd6,
}

internal static class SimdAlgorithms
{
    /// <summary>
    /// Up to here Winograd's larger tile pays. More channels come with small maps, of which it wastes more at the edges, and its
    /// weights, of 64 frequencies instead of 36, would be most of an evaluation's memory.
    /// </summary>
    const int MostChannelsOfLargeTiles = 256;

    /// <summary>For so many channels on either side; the same for both directions.</summary>
    public static SimdAlgorithm Choose(int outputs, int inputs, bool exact) =>
        exact || SimdWeights.IsPlanar(outputs) || SimdWeights.IsPlanar(inputs) ? SimdAlgorithm.Direct
        : Math.Max(outputs, inputs) <= MostChannelsOfLargeTiles ? SimdAlgorithm.Winograd6
        : SimdAlgorithm.Winograd4;
}
