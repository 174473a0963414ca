using NetVips;

namespace GpuStyle.Imaging;

/// <summary>From a picture to a complete file of the format that its extension names.</summary>
static class PictureWriter
{
    public static SaveReport Write(string path, Picture picture, SaveOptions options)
    {
        picture.CheckShape();
        var format = PictureFormat.For(path, options, picture.Width, picture.Height);
        bool flatten = picture.Alpha is not null && !format.Alpha;
        AtomicFile.Write(path, temporary =>
        {
            try
            {
                Vips.Try($"cannot write '{path}'", () => Encode(temporary, flatten ? OnWhite(picture) : picture, format, options));
            }
            catch (ArithmeticException error)
            {
                throw new PictureException($"cannot write '{path}': {error.Message}; the picture was lost in the computation that made it", error);
            }
            catch (PictureException error) when (error.InnerException is VipsException inner && (inner.Message.Contains("No space left") || inner.Message.Contains("not enough space")))
            {
                throw new PictureException($"cannot write '{path}': the disk is full; free some space or choose another place", inner);
            }
        });
        return new(flatten);
    }

    static bool Encode(string file, Picture picture, PictureFormat format, SaveOptions options)
    {
        using var pipeline = new Pipeline();
        var image = PixelArrays.ToImage(picture, options.Bits == 8, pipeline);
        if (options.Settings is { } text) image = pipeline.Keep(SettingsText.Attach(image, text, format));
        var encoder = format.Encoder(options);
        encoder.Add("profile", "srgb");
        // A TIFF counts its bytes in 32 bits unless told otherwise.
        if (format.Name == "TIFF" && (long)picture.Pixels * image.Bands * (options.Bits / 8) > 3_000_000_000) encoder.Add("bigtiff", true);
        using var target = Target.NewToFile(file);
        image.WriteToTarget(target, format.Extensions[0], encoder);
        return true;
    }

    /// <summary>What a viewer shows on a white page: mixed in the encoded values, as viewers do.</summary>
    static Picture OnWhite(Picture picture)
    {
        var rgb = new float[picture.Rgb.Length];
        for (int i = 0; i < rgb.Length; i++)
        {
            float opacity = Math.Clamp(picture.Alpha![i % picture.Pixels], 0, 1);
            rgb[i] = 255 + (Math.Clamp(picture.Rgb[i], 0, 255) - 255) * opacity;
        }
        return new(picture.Width, picture.Height, rgb);
    }
}
