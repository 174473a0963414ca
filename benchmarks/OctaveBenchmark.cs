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
        Console.WriteLine($"{"",-40}{"flat third",12}{"busy third",12}{"all",8}   levels");
        foreach (string file in files)
        {
            var picture = PictureFile.Load(file);
            int size = Math.Max(picture.Width, picture.Height);
            if (file == files[0]) Report(style, Finest(PictureFile.Load(style, new() { Size = size })), null);
            var photograph = Finest(PictureFile.Resize(PictureFile.Load(content, new() { Size = size }), picture.Width, picture.Height));
            if (file == files[0]) Report(content, photograph, photograph);
            Report(file, Finest(picture), photograph);
        }
        return 0;
    }

    /// <summary>A line of the table; without a photograph the squares are ranked by the picture's own energy.</summary>
    static void Report(string name, Octave octave, Octave? photograph)
    {
        double[] own = octave.Squares();
        int[] order = [.. (photograph ?? octave).Squares().Select((v, i) => (v, i)).OrderBy(p => p.v).Select(p => p.i)];
        int third = Math.Max(1, order.Length / 3);
        double Level(IEnumerable<int> squares) => Math.Sqrt(squares.Average(i => own[i]));
        Console.WriteLine($"{Path.GetFileName(name),-40}{Level(order.Take(third)),12:f2}{Level(order.TakeLast(third)),12:f2}{Level(order),8:f2}");
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
