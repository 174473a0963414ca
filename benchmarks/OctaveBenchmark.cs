using GpuStyle.Imaging;

namespace GpuStyle.Benchmarks;

/// <summary>
/// How strong a picture's finest octave is where the photograph is flat and where it is busy, against the painting's: a mesh, or noise, is
/// more of it in flat parts than the painting has anywhere. The finest octave is what is lost when the picture is made half as large and
/// enlarged again, in luminance; its strength is the root of its mean square, in levels of 255.
/// </summary>
static class OctaveBenchmark
{
    /// <summary>Side of the squares, in pixels, by which the photograph is flat or busy.</summary>
    const int Side = 16;

    public static int Run(Arguments arguments)
    {
        string content = arguments.Text("--content", ""), style = arguments.Text("--style", "");
        var files = arguments.Words();
        if (content == "" || style == "" || files.Count == 0) throw new ArgumentException("octave: give --content, --style and pictures");
        Picture[] pictures = [.. files.Select(file => PictureFile.Load(file))];
        var (width, height) = (pictures[0].Width, pictures[0].Height);
        if (pictures.Any(p => (p.Width, p.Height) != (width, height))) throw new ArgumentException("octave: give pictures of one size");
        LoadOptions sized = new() { Size = Math.Max(width, height) };
        var photograph = Finest(PictureFile.Resize(PictureFile.Load(content, sized), width, height));
        var painting = Finest(PictureFile.Load(style, sized));
        Console.WriteLine($"{"",-40}{"flat third",12}{"busy third",12}{"all",8}   levels");
        Report(style, painting, painting);
        Report(content, photograph, photograph);
        for (int i = 0; i < pictures.Length; i++) Report(files[i], Finest(pictures[i]), photograph);
        return 0;
    }

    /// <summary>A line of the table: the octave's strength where another one is weakest, where it is strongest, and everywhere.</summary>
    static void Report(string name, Octave octave, Octave ranked)
    {
        double[] own = octave.Squares();
        int[] order = [.. ranked.Squares().Select((v, i) => (v, i)).OrderBy(p => p.v).Select(p => p.i)];
        int third = Math.Max(1, order.Length / 3);
        double Level(IEnumerable<int> squares) => Math.Sqrt(squares.Average(i => own[i]));
        double flat = Level(order.Take(third)), busy = Level(order.TakeLast(third));
        Console.WriteLine($"{Path.GetFileName(name),-40}{flat,12:f2}{busy,12:f2}{Level(order),8:f2}");
    }

    static Octave Finest(Picture picture)
    {
        var coarse = PictureFile.Resize(picture, Math.Max(1, picture.Width / 2), Math.Max(1, picture.Height / 2));
        coarse = PictureFile.Resize(coarse, picture.Width, picture.Height);
        float Luminance(float[] rgb, int i) => 0.299f * rgb[i] + 0.587f * rgb[picture.Pixels + i] + 0.114f * rgb[2 * picture.Pixels + i];
        return new(picture.Width, picture.Height,
            [.. Enumerable.Range(0, picture.Pixels).Select(i => Luminance(picture.Rgb, i) - Luminance(coarse.Rgb, i))]);
    }

    /// <summary>The finest octave's luminance, row by row.</summary>
    sealed record Octave(int Width, int Height, float[] Values)
    {
        /// <summary>The mean square in each square of <see cref="Side"/> pixels, those along the right and lower edge cut off.</summary>
        public double[] Squares()
        {
            int across = Math.Max(1, Width / Side), down = Math.Max(1, Height / Side);
            var sums = new double[across * down];
            for (int y = 0; y < Math.Min(Height, down * Side); y++)
                for (int x = 0; x < Math.Min(Width, across * Side); x++)
                    sums[y / Side * across + x / Side] += Values[y * Width + x] * (double)Values[y * Width + x] / (Side * Side);
            return sums;
        }
    }
}
