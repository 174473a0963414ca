using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>The noise a run may start from: the same for the same seed, up to the last bits of a platform's logarithm and cosine.</summary>
internal static class InitialPicture
{
    /// <summary>The mean colour of the networks' training, RGB.</summary>
    static readonly double[] MeanColour = [123.68, 116.779, 103.939];

    /// <summary>Normal noise around the mean colour, by Box and Muller's transform of a SplitMix64 sequence.</summary>
    public static float[] Noise(Shape shape, int seed, double deviation)
    {
        var values = new float[shape.Count];
        var random = new SplitMix64((ulong)seed);
        for (long i = 0; i < values.Length; i++)
            values[i] = (float)(MeanColour[i / shape.Positions] + deviation * Math.Sqrt(-2 * Math.Log(1 - random.Uniform())) * Math.Cos(2 * Math.PI * random.Uniform()));
        return values;
    }
}
