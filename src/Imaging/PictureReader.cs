using NetVips;

namespace GpuStyle.Imaging;

/// <summary>From a file to sRGB pixels: the checks, then one streaming pipeline of the library, whose rows are handed on as they come.</summary>
static class PictureReader
{
    /// <summary>Bytes of a picture that is held for a moment.</summary>
    const long MostInMemory = 100 << 20;

    public static Picture Read(string path, LoadOptions options) => Open(path, (image, pipeline) => PixelArrays.ToPicture(Sized(path, options, image, pipeline)));

    public static void Read(string path, LoadOptions options, RowSink sink) => Open(path, (image, pipeline) =>
    {
        RowReader.Read(Sized(path, options, image, pipeline), sink);
        return true;
    });

    static Image Sized(string path, LoadOptions options, Image image, Pipeline pipeline)
    {
        var (width, height) = Upright(image);
        Refuse(path, $"is {width} x {height} pixels", width, height, options.MaxPixels, "scale it down with another program first");
        var (toWidth, toHeight) = options.Target(width, height);
        foreach (var (w, h) in new[] { (toWidth, toHeight), options.Then ?? (0, 0) })
            Refuse(path, $"would be resized to {w} x {h} pixels", w, h, options.MaxPixels, "choose a smaller size");

        int orientation = Orientation(image);
        var srgb = ColourConversion.ToSrgb(image, pipeline);
        var sized = orientation >= 5 ? Resizing.ToSize(srgb, toHeight, toWidth, pipeline) : Resizing.ToSize(srgb, toWidth, toHeight, pipeline);
        var upright = orientation > 1 ? pipeline.Keep(Turnable(sized, pipeline).Autorot()) : sized;
        return options.Then is var (thenWidth, thenHeight) ? Resizing.Again(upright, thenWidth, thenHeight, pipeline) : upright;
    }

    /// <summary>All pixels, since turning reads in another order than the file is decoded in: in memory if they are few, else in a temporary file.</summary>
    static Image Turnable(Image image, Pipeline pipeline)
    {
        long bytes = (long)image.Width * image.Height * image.Bands * (image.Format == Enums.BandFormat.Uchar ? 1 : 2);
        if (bytes <= MostInMemory) return pipeline.Keep(image.CopyMemory());
        var file = pipeline.Keep(new TemporaryFile());
        image.Vipssave(file.Path);
        return pipeline.Keep(Image.NewFromFile(file.Path, access: Enums.Access.Random));
    }

    /// <summary>A file in the library's own format, gone with its pipeline.</summary>
    sealed class TemporaryFile : IDisposable
    {
        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"gpustyle-{System.IO.Path.GetRandomFileName()}.v");

        public void Dispose() => File.Delete(Path);
    }

    public static (int Width, int Height) ReadSize(string path) => Open(path, (image, _) => Upright(image));

    public static string? ReadSettings(string path) => Open(path, (image, _) => SettingsText.Find(image));

    static T Open<T>(string path, Func<Image, Pipeline, T> use)
    {
        CheckFile(path);
        bool opened = false;
        try
        {
            return Vips.Try($"cannot read '{path}'", () =>
            {
                using var pipeline = new Pipeline();
                // A source, since the library takes brackets at the end of a file's name for options.
                var source = pipeline.Keep(Source.NewFromFile(path));
                var image = pipeline.Keep(Image.NewFromSource(source, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));
                opened = true;
                return use(image, pipeline);
            });
        }
        catch (PictureException error) when (error.InnerException is VipsException inner)
        {
            if (inner.Message.Contains("not a known file format") && !BeginsLikeTiff(path))
                throw new PictureException($"cannot read '{path}': it is no picture, or of an unknown kind; use PNG, JPEG, WebP, TIFF or AVIF", inner);
            string detail = opened ? Vips.Reason(inner) : "its header cannot be understood";
            throw new PictureException($"cannot read '{path}': the file is damaged or cut short ({detail}); copy or download it again", inner);
        }
    }

    /// <summary>A TIFF keeps its directory at the end; without one the library does not know it for what it is.</summary>
    static bool BeginsLikeTiff(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return file.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && (start.SequenceEqual("II*\0"u8) || start.SequenceEqual("MM\0*"u8));
    }

    static void CheckFile(string path)
    {
        if (Directory.Exists(path)) throw new PictureException($"cannot read '{path}': it is a folder; name a picture file");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            if (file.Length == 0) throw new PictureException($"cannot read '{path}': the file is empty; copy or download it again");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PictureException($"cannot read '{path}': there is no such file; check the name", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new PictureException($"cannot read '{path}': permission denied; change the file's permissions", error);
        }
        catch (Exception error) when (error is IOException or ArgumentException or NotSupportedException)
        {
            throw new PictureException($"cannot read '{path}': {Vips.Reason(error)}; check the name", error);
        }
    }

    static void Refuse(string path, string finding, long width, long height, long limit, string advice)
    {
        if (width * height > limit) throw new PictureException($"'{path}' {finding}, more than the limit of {limit / 1e6:0.##} megapixels; {advice}");
    }

    static (int Width, int Height) Upright(Image image) => Orientation(image) >= 5 ? (image.Height, image.Width) : (image.Width, image.Height);

    /// <summary>EXIF orientation 1..8; from 5 on, width and height change places.</summary>
    static int Orientation(Image image) => image.Contains("orientation") && image.Get("orientation") is int value and >= 1 and <= 8 ? value : 1;
}
