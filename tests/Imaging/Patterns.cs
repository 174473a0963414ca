using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>Small pictures to send through files.</summary>
static class Patterns
{
    /// <summary>Smooth colours, every pixel different from its mirror images; integers 0..255.</summary>
    public static Picture Gradient(int width, int height, bool alpha = false)
    {
        var picture = Fill(width, height, (x, y) => (x * 255 / Math.Max(1, width - 1), y * 255 / Math.Max(1, height - 1), (x * 3 + y * 7) % 256));
        return alpha ? picture with { Alpha = [.. Enumerable.Range(0, width * height).Select(i => i % 256 / 255f)] } : picture;
    }

    public static Picture Fill(int width, int height, Func<int, int, (float R, float G, float B)> colour)
    {
        var rgb = new float[3 * width * height];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int i = y * width + x;
                (rgb[i], rgb[i + width * height], rgb[i + 2 * width * height]) = colour(x, y);
            }
        return new(width, height, rgb);
    }

    public static double LargestDifference(float[] a, float[] b) => a.Zip(b, (x, y) => (double)Math.Abs(x - y)).Max();

    public static double MeanDifference(float[] a, float[] b) => a.Zip(b, (x, y) => (double)Math.Abs(x - y)).Average();

    public static (float R, float G, float B) At(this Picture picture, int x, int y) =>
        (picture.Rgb[y * picture.Width + x], picture.Rgb[picture.Pixels + y * picture.Width + x], picture.Rgb[2 * picture.Pixels + y * picture.Width + x]);

    /// <summary>A pixel in a space.</summary>
    internal static ColourPoint Colour(this Picture picture, int pixel, ColourSpace space) =>
        space.From(picture.Rgb[pixel], picture.Rgb[pixel + picture.Pixels], picture.Rgb[pixel + 2 * picture.Pixels]);
}
