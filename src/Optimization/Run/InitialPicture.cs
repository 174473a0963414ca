using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>The noise a run may start from: the same for the same seed, up to the last bits of a platform's logarithm and cosine.</summary>
internal static class InitialPicture
{
    /// <summary>The mean colour of the networks' training, RGB.</summary>
    static readonly double[] MeanColour = [123.68, 116.779, 103.939];

    /// <summary>Normal noise around the mean colour, by Box and Muller's transform of a SplitMix64 sequence, which goes through the planes one after the other.</summary>
    public static Tensor Noise(Device device, Shape shape, int seed, double deviation)
    {
        return new PictureSource(shape.Height, shape.Width, Rows).Upload(device, shape.Height, shape.Width);

        void Rows(int height, int width, RowTaker take)
        {
            foreach (var (top, count) in shape.Strips())
            {
                var rows = new float[3 * count * width];
                for (int c = 0; c < 3; c++)
                {
                    var random = SplitMix64.After((ulong)seed, 2 * ((ulong)c * (ulong)shape.Positions + (ulong)top * (ulong)width));
                    foreach (ref float value in rows.AsSpan(c * count * width, count * width))
                        value = (float)(MeanColour[c] + deviation * Math.Sqrt(-2 * Math.Log(1 - random.Uniform())) * Math.Cos(2 * Math.PI * random.Uniform()));
                }
                take(top, rows);
            }
        }
    }
}
