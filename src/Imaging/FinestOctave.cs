namespace GpuStyle.Imaging;

/// <summary>
/// What is lost of a picture's luminance when it is made half as large and enlarged again: strokes and edges, and mesh and noise. In a
/// painting it is strong where much is to be seen, a mesh is strong everywhere.
/// </summary>
public sealed class FinestOctave
{
    /// <summary>Side of the squares, in pixels, by which a picture is flat or busy.</summary>
    const int Side = 16;

    readonly double[] squares;

    /// <summary>That of a picture.</summary>
    public FinestOctave(Picture picture)
    {
        var coarse = PictureFile.Resize(picture, Math.Max(1, picture.Width / 2), Math.Max(1, picture.Height / 2));
        coarse = PictureFile.Resize(coarse, picture.Width, picture.Height);
        float Luminance(float[] rgb, int i) => 0.299f * rgb[i] + 0.587f * rgb[picture.Pixels + i] + 0.114f * rgb[2 * picture.Pixels + i];
        int across = Math.Max(1, picture.Width / Side), down = Math.Max(1, picture.Height / Side);
        squares = new double[across * down];
        var counts = new int[squares.Length];
        for (int y = 0; y < Math.Min(picture.Height, down * Side); y++)
            for (int x = 0; x < Math.Min(picture.Width, across * Side); x++)
            {
                int i = y * picture.Width + x, square = y / Side * across + x / Side;
                double lost = Luminance(picture.Rgb, i) - Luminance(coarse.Rgb, i);
                squares[square] += lost * lost;
                counts[square]++;
            }
        for (int i = 0; i < squares.Length; i++) squares[i] /= counts[i];
    }

    /// <summary>
    /// The root of its mean square, in levels of 255, in the third of another picture's squares of 16 px that is flattest, and in the
    /// busiest third.
    /// </summary>
    /// <param name="ranking">The octave of a picture of the same size, or this one.</param>
    public (double Flat, double Busy) Levels(FinestOctave ranking)
    {
        if (ranking.squares.Length != squares.Length) throw new ArgumentException("The pictures are of different sizes.", nameof(ranking));
        int[] order = [.. Enumerable.Range(0, squares.Length).OrderBy(i => ranking.squares[i])];
        int third = Math.Max(1, order.Length / 3);
        double Level(IEnumerable<int> of) => Math.Sqrt(of.Average(i => squares[i]));
        return (Level(order.Take(third)), Level(order.TakeLast(third)));
    }
}
