using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>The picture that a run starts from.</summary>
internal static class InitialPicture
{
    /// <summary>At the first size.</summary>
    /// <exception cref="RequestException">The settings start from a picture that was not given.</exception>
    public static Tensor Make(Device device, TransferSettings settings, TransferPictures pictures, PyramidLevel level)
    {
        var (height, width) = (level.Height, level.Width);
        return settings.Init switch
        {
            InitKind.Content => At(pictures.Content, "There is no content picture to start from; start from noise."),
            InitKind.Style => At(pictures.Styles is [var style, ..] ? style : null,
                "There is no style picture to start from; start from noise."),
            InitKind.Picture => At(pictures.Init, "The settings start from a picture, but none is given."),
            InitKind.Details => InitialDetails.Around(device, pictures, level),
            InitKind.Noise => Noise(device, new(3, height, width), settings.Seed, settings.NoiseDeviation),
            var other => throw Unknown.Kind(other),
        };

        Tensor At(PictureSource? picture, string absent) => (picture ?? throw new RequestException(absent)).Upload(device, height, width);
    }

    /// <summary>The mean colour of the networks' training, RGB.</summary>
    static readonly double[] MeanColour = [123.68, 116.779, 103.939];

    /// <summary>
    /// Normal noise around the mean color, by Box and Muller's transform of a SplitMix64 sequence, which goes through the planes one after
    /// the other: the same for the same seed, up to the last bits of a platform's logarithm and cosine.
    /// </summary>
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
