using NetVips;

namespace GpuStyle.Imaging;

/// <summary>
/// From a file to sRGB pixels: the checks, then one streaming pipeline of the library, whose rows are handed on as they come.
/// </summary>
static class PictureReader
{
    /// <summary>Bytes of a picture that is held for a moment.</summary>
    const long MostInMemory = 100 << 20;

    public static Picture Read(string path, LoadOptions options) =>
        OpenPicture.Use(path, (opened, pipeline) => PixelArrays.ToPicture(Sized(opened, options, pipeline)));

    public static void Read(string path, LoadOptions options, RowSink sink) => OpenPicture.Use(path, (opened, pipeline) =>
    {
        RowReader.Read(Sized(opened, options, pipeline), sink);
        return true;
    });

    public static (int Width, int Height) ReadSize(string path) => OpenPicture.Use(path, (opened, _) => Upright(opened));

    public static string? ReadSettings(string path) => OpenPicture.Use(path, (opened, _) => SettingsText.Find(opened.Image));

    public static PictureInfo Inspect(string path, LoadOptions options) => OpenPicture.Use(path, (opened, pipeline) =>
    {
        var (width, height) = Upright(opened);
        Refuse(path, $"is {width} x {height} pixels", width, height, options.MaxPixels, "scale it down with another program first");
        opened.ToSrgb(pipeline);
        if (Samples.AreFractions(opened.Image)) opened.Notes.AddRange(SampleRange.Notes(path, opened.Image, opened.Layout));
        return new PictureInfo(opened.Notes, opened.FromCamera);
    });

    static Image Sized(OpenPicture opened, LoadOptions options, Pipeline pipeline)
    {
        string path = opened.Path;
        var (width, height) = Upright(opened);
        Refuse(path, $"is {width} x {height} pixels", width, height, options.MaxPixels, "scale it down with another program first");
        var (toWidth, toHeight) = options.Target(width, height);
        foreach (var (w, h) in new[] { (toWidth, toHeight), options.Then ?? (0, 0) })
            Refuse(path, $"would be resized to {w} x {h} pixels", w, h, options.MaxPixels, "choose a smaller size");

        int orientation = opened.Orientation;
        var srgb = opened.ToSrgb(pipeline);
        if (orientation >= 5) (toWidth, toHeight) = (toHeight, toWidth);
        var sized = Resizing.ToSize(srgb, toWidth, toHeight, pipeline);
        var upright = orientation > 1 ? pipeline.Keep(Turned(Turnable(sized, path, pipeline), orientation, pipeline)) : sized;
        return options.Then is var (thenWidth, thenHeight) ? Resizing.Again(upright, thenWidth, thenHeight, pipeline) : upright;
    }

    /// <summary>
    /// All pixels, since turning reads in another order than the file is decoded in: in memory if they are few, else in a temporary file.
    /// </summary>
    static Image Turnable(Image image, string path, Pipeline pipeline)
    {
        long bytes = (long)image.Width * image.Height * image.Bands * (image.Format == Enums.BandFormat.Uchar ? 1 : 2);
        if (bytes <= MostInMemory) return pipeline.Keep(image.CopyMemory());
        var file = pipeline.Keep(new TemporaryFile($"cannot read '{path}'", ".v"));
        try
        {
            image.Vipssave(file.Path);
        }
        catch (VipsException error)
            when (new[] { file.Path, "No space left", "write error" }.Any(error.Message.Contains))
        {
            TemporaryFile.Guard<bool>($"cannot read '{path}'", () => throw error);
        }
        return pipeline.Keep(Image.NewFromFile(file.Path, access: Enums.Access.Random));
    }

    static Image Turned(Image image, int orientation, Pipeline pipeline) =>
        pipeline.Keep(image.Mutate(m => m.Set(GValue.GIntType, "orientation", orientation))).Autorot();

    static void Refuse(string path, string finding, long width, long height, long limit, string advice)
    {
        if (width * height > limit)
            throw new PictureException($"'{path}' {finding}, more than the limit of {limit / 1e6:0.##} megapixels; {advice}");
    }

    static (int Width, int Height) Upright(OpenPicture opened) =>
        opened.Orientation >= 5 ? (opened.Image.Height, opened.Image.Width) : (opened.Image.Width, opened.Image.Height);
}
