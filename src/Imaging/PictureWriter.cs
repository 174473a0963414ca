using GpuStyle.Files;
using NetVips;

namespace GpuStyle.Imaging;

/// <summary>From a picture to a complete file of the format that its extension names.</summary>
static class PictureWriter
{
    public static SaveReport Write(string path, PictureRows picture, SaveOptions options)
    {
        var format = PictureFormat.For(path, options, picture.Width, picture.Height);
        bool flatten = picture.Alpha is not null && !format.Alpha;
        Named(path, () => AtomicFile.Write(path, (string temporary) =>
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
        }));
        return new(flatten);
    }

    /// <summary>Does something with a file that is written; what is wrong with the file is told as everywhere here.</summary>
    public static void Named(string path, Action action)
    {
        try
        {
            action();
        }
        catch (FileException error)
        {
            throw new PictureException($"cannot write '{path}': {error.Problem}; {error.Advice}", error);
        }
    }

    static bool Encode(string file, PictureRows picture, PictureFormat format, SaveOptions options)
    {
        using var pipeline = new Pipeline();
        var (image, stream) = RowFile.Open(picture, options.Bits == 8, pipeline);
        if (options.Settings is { } text) image = pipeline.Keep(SettingsText.Attach(image, text, format));
        var encoder = format.Encoder(options);
        encoder.Add("profile", "srgb");
        // A TIFF counts its bytes in 32 bits unless told otherwise.
        if (format.Name == "TIFF" && (long)picture.Width * picture.Height * image.Bands * (options.Bits / 8) > 3_000_000_000) encoder.Add("bigtiff", true);
        using var target = Target.NewToFile(file);
        LibraryStream.Guard(() => image.WriteToTarget(target, format.Extensions[0], encoder), stream);
        return true;
    }

    /// <summary>What a viewer shows on a white page: mixed in the encoded values, as viewers do.</summary>
    static PictureRows OnWhite(PictureRows picture)
    {
        float[] opacity = [];
        return new(picture.Width, picture.Height, (top, rows) =>
        {
            int count = rows.Length / 3;
            if (opacity.Length < count) opacity = new float[count];
            picture.Rgb(top, rows);
            picture.Alpha!(top, opacity.AsSpan(0, count));
            for (int i = 0; i < rows.Length; i++) rows[i] = 255 + (Math.Clamp(rows[i], 0, 255) - 255) * Math.Clamp(opacity[i % count], 0, 1);
        });
    }
}
