using NetVips;

namespace GpuStyle.Imaging;

/// <summary>Resizing in linear light: Lanczos (3 lobes) down, bicubic up, colours weighted by their alpha.</summary>
static class Resizing
{
    /// <summary>An sRGB image (3 or 4 bands, 8 or 16 bits) at an exact size, as 16-bit sRGB. Overshoot is clamped.</summary>
    public static Image ToSize(Image image, int width, int height, Pipeline pipeline)
    {
        if (image.Width == width && image.Height == height) return image;
        bool hasAlpha = image.Bands == 4;
        double most = image.Format == Enums.BandFormat.Uchar ? 255 : 65535;
        var colour = hasAlpha ? pipeline.Keep(image.ExtractBand(0, n: 3)) : image;
        var linear = pipeline.Keep(colour.Colourspace(Enums.Interpretation.Scrgb));
        if (hasAlpha)
        {
            var alpha = pipeline.Keep(pipeline.Keep(image.ExtractBand(3)) / most);
            linear = pipeline.Keep(pipeline.Keep(linear.Bandjoin(alpha)).Premultiply(maxAlpha: 1));
        }
        var resized = Enlarge(Reduce(linear, width, height, pipeline), width, height, pipeline);
        if (!hasAlpha) return Encode(resized, pipeline);

        resized = pipeline.Keep(resized.Unpremultiply(maxAlpha: 1));
        var opacity = pipeline.Keep(pipeline.Keep(pipeline.Keep(resized.ExtractBand(3)) * 65535.0).Rint());
        return pipeline.Keep(Encode(pipeline.Keep(resized.ExtractBand(0, n: 3)), pipeline).Bandjoin(pipeline.Keep(opacity.Cast(Enums.BandFormat.Ushort))));
    }

    /// <summary>The same of a picture that would have gone through <see cref="Picture"/> in between: as if its values were of 16 bits.</summary>
    public static Image Again(Image image, int width, int height, Pipeline pipeline)
    {
        if (image.Width == width && image.Height == height) return image;
        if (image.Format == Enums.BandFormat.Uchar)
            image = pipeline.Keep(pipeline.Keep(pipeline.Keep(image * 257.0).Cast(Enums.BandFormat.Ushort)).Copy(interpretation: Enums.Interpretation.Rgb16));
        return ToSize(image, width, height, pipeline);
    }

    static Image Reduce(Image image, int width, int height, Pipeline pipeline) => width >= image.Width && height >= image.Height
        ? image
        : pipeline.Keep(image.Resize(Math.Min(1, width / (double)image.Width), kernel: Enums.Kernel.Lanczos3, vscale: Math.Min(1, height / (double)image.Height)));

    /// <summary>Not the library's own enlargement, which moves the picture by half a pixel of the result: here the centres of both meet.</summary>
    static Image Enlarge(Image image, int width, int height, Pipeline pipeline)
    {
        if (width == image.Width && height == image.Height) return image;
        double across = width / (double)image.Width, down = height / (double)image.Height;
        var bicubic = pipeline.Keep(Interpolate.NewFromName("bicubic"));
        return pipeline.Keep(image.Affine([across, 0, 0, down], interpolate: bicubic, oarea: [0, 0, width, height],
            idx: 0.5, idy: 0.5, odx: -0.5, ody: -0.5, extend: Enums.Extend.Copy, premultiplied: true));
    }

    static Image Encode(Image linear, Pipeline pipeline) =>
        pipeline.Keep(pipeline.Keep(linear.Copy(interpretation: Enums.Interpretation.Scrgb)).Colourspace(Enums.Interpretation.Rgb16));
}
