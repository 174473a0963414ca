using NetVips;

namespace GpuStyle.Imaging;

/// <summary>Any image of the library to sRGB: three bands, or four with alpha, of 8 bits (uchar) or 16 (ushort).</summary>
static class ColourConversion
{
    const string ProfileField = "icc-profile-data";

    /// <summary>Grey is repeated, CMYK and tagged pictures go through their profile, what is sRGB already is not touched.</summary>
    public static Image ToSrgb(Image image, Pipeline pipeline)
    {
        bool hasAlpha = image.HasAlpha();
        var colour = hasAlpha ? pipeline.Keep(image.ExtractBand(0, n: image.Bands - 1)) : image;
        colour = Narrow(ToRgb(colour, pipeline), pipeline);
        if (!hasAlpha) return colour;
        double most = image.Format switch { Enums.BandFormat.Uchar => 255, Enums.BandFormat.Ushort => 65535, _ => image.Interpretation == Enums.Interpretation.Scrgb ? 1 : 255 };
        var alpha = pipeline.Keep(image.ExtractBand(image.Bands - 1));
        double scale = (colour.Format == Enums.BandFormat.Uchar ? 255 : 65535) / most;
        if (scale != 1) alpha = pipeline.Keep(alpha * scale);
        if (alpha.Format != colour.Format) alpha = pipeline.Keep(pipeline.Keep(alpha.Rint()).Cast(colour.Format));
        return pipeline.Keep(colour.Bandjoin(alpha));
    }

    static Image ToRgb(Image colour, Pipeline pipeline)
    {
        bool cmyk = colour.Interpretation == Enums.Interpretation.Cmyk;
        if (cmyk || (colour.Contains(ProfileField) && colour.Interpretation is not (Enums.Interpretation.Scrgb or Enums.Interpretation.Lab) && !IsSrgb(colour)))
            try
            {
                // 16 bits: a change of primaries should not round to 8 in between.
                return pipeline.Keep(colour.IccTransform("srgb", embedded: true, inputProfile: cmyk ? "cmyk" : "srgb", intent: Enums.Intent.Relative, blackPointCompensation: true, depth: 16));
            }
            catch (VipsException) when (!cmyk)
            {
                // A profile that is broken or made for something else: the picture is taken for sRGB, as viewers do.
            }
        if (IsPlain(colour)) return colour;
        return pipeline.Keep(colour.Colourspace(Enums.Interpretation.Rgb16));
    }

    static bool IsPlain(Image colour) =>
        colour.Format is Enums.BandFormat.Uchar or Enums.BandFormat.Ushort && colour.Coding == Enums.Coding.None &&
        colour.Interpretation is Enums.Interpretation.Bw or Enums.Interpretation.Srgb or Enums.Interpretation.Grey16 or Enums.Interpretation.Rgb16
            or Enums.Interpretation.Rgb or Enums.Interpretation.Multiband;

    /// <summary>Three bands, whatever there was, and an interpretation that goes with the number of bits.</summary>
    static Image Narrow(Image colour, Pipeline pipeline)
    {
        if (colour.Bands < 3)
        {
            var grey = colour.Bands == 1 ? colour : pipeline.Keep(colour.ExtractBand(0));
            colour = pipeline.Keep(grey.Bandjoin(grey, grey));
        }
        else if (colour.Bands > 3) colour = pipeline.Keep(colour.ExtractBand(0, n: 3));
        return pipeline.Keep(colour.Copy(interpretation: colour.Format == Enums.BandFormat.Uchar ? Enums.Interpretation.Srgb : Enums.Interpretation.Rgb16));
    }

    /// <summary>
    /// Whether a picture's profile is sRGB by another name: a coarse cube of colours (or a ramp of greys) goes through it and comes
    /// back within two levels of 255. Names cannot be trusted, and a picture in sRGB must come back as it is in the file.
    /// </summary>
    static bool IsSrgb(Image tagged)
    {
        using var pipeline = new Pipeline();
        const int steps = 6, count = steps * steps * steps;
        int bands = Math.Min(tagged.Bands, 3);
        var levels = new byte[count * bands];
        for (int i = 0; i < count; i++)
            for (int b = 0, rest = i; b < bands; b++, rest /= steps)
                levels[i * bands + b] = (byte)(bands == 1 ? i * 255 / (count - 1) : rest % steps * 51);
        try
        {
            var cube = pipeline.Keep(Image.NewFromMemory(levels, count, 1, bands, Enums.BandFormat.Uchar));
            cube = pipeline.Keep(cube.Copy(interpretation: bands == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb));
            cube = pipeline.Keep(cube.Mutate(m => m.Set(GValue.BlobType, ProfileField, tagged.Get(ProfileField))));
            var through = pipeline.Keep(cube.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative, blackPointCompensation: true, depth: 8));
            var values = through.WriteToMemory<byte>();
            for (int i = 0; i < values.Length; i++)
                if (Math.Abs(values[i] - levels[i / through.Bands * bands + Math.Min(i % through.Bands, bands - 1)]) > 2) return false;
            return true;
        }
        catch (VipsException)
        {
            return false;
        }
    }
}
