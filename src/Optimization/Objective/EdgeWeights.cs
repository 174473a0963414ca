using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Weights for <see cref="TotalVariationKind.EdgeAware"/>: 1 where the content picture is flat, little across its edges, 1 / (1 + (d / k)^2) with d the
/// root mean square over red, green and blue of the difference of two neighbours (Perona and Malik 1990, their second function). Noise in flat
/// parts is smoothed as ever, edges are not blurred.
/// </summary>
internal static class EdgeWeights
{
    /// <summary>k, in grey levels of 255: a difference that counts half.</summary>
    public const double Edge = 10;

    /// <summary>The shape of a picture's weights.</summary>
    static Shape Shape(Shape picture) => picture with { Channels = 2 };

    /// <summary>The weights [2,H,W] of a picture's [3,H,W] pairs: with the right neighbour, with the lower one.</summary>
    public static Tensor Of(Tensor picture, TensorList owned)
    {
        var (channels, height, width) = picture.Shape;
        if (!picture.Device.HasValues) return owned.Allocate(Shape(picture.Shape));
        float[] rgb = picture.Device.Download(picture), weights = new float[2 * height * width];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int at = y * width + x;
                double Weight(int other)
                {
                    double squares = 0;
                    for (int c = 0; c < channels; c++) squares += Math.Pow(rgb[c * height * width + other] - rgb[c * height * width + at], 2);
                    return 1 / (1 + squares / channels / (Edge * Edge));
                }
                if (x + 1 < width) weights[at] = (float)Weight(at + 1);
                if (y + 1 < height) weights[height * width + at] = (float)Weight(at + width);
            }
        return owned.Allocate(Shape(picture.Shape), weights);
    }
}
