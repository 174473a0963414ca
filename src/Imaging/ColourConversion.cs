using NetVips;

namespace GpuStyle.Imaging;

/// <summary>Any image of the library to sRGB: three bands, or four with alpha, of 8 bits (uchar) or 16 (ushort).</summary>
static class ColourConversion
{
    const string ProfileField = "icc-profile-data";

    /// <summary>
    /// Grey is repeated; CMYK and tagged pictures go through their profile or tag; fractions are linear light, unless there is a profile;
    /// premultiplied colours are divided by their opacity; what is sRGB already is not touched.
    /// </summary>
    /// <param name="path">The file, for the notes.</param>
    /// <param name="image">What the library decoded.</param>
    /// <param name="layout">What its bands are.</param>
    /// <param name="tag">What the file says of its colours beside a profile.</param>
    /// <param name="notes">Takes what could not be followed.</param>
    /// <param name="pipeline">Holds the parts.</param>
    public static Image ToSrgb(string path, Image image, BandLayout layout, ColorTag? tag, List<string> notes, Pipeline pipeline)
    {
        var colour = Bands(image, 0, layout.Colors, pipeline);
        var alpha = layout.Alpha is { } band ? Opacity(Bands(image, band, 1, pipeline), image.Interpretation, pipeline) : null;
        if (Samples.AreFractions(colour))
        {
            colour = Samples.Numbers(colour, pipeline);
            if (layout.IsInverted) colour = pipeline.Keep(1.0 - colour);
            if (layout.Premultiplied)
                colour = Straight(colour, Samples.Numbers(Bands(image, layout.Alpha!.Value, 1, pipeline), pipeline), 1, layout, pipeline);
            if (colour.Interpretation == Enums.Interpretation.Cmyk || IsProfileUsed(colour, tag))
                colour = Named(Samples.OfFractions(colour, pipeline), colour.Interpretation, pipeline);
            else
            {
                colour = OfLight(path, colour, tag, notes, pipeline);
                tag = null;
            }
        }
        else if (!Samples.HasUnits(colour))
        {
            colour = Named(Samples.Unsigned(colour, pipeline), colour.Interpretation, pipeline);
            if (layout.IsInverted)
                colour = Named(
                    pipeline.Keep(pipeline.Keep(Samples.Most(colour) - colour).Cast(colour.Format)), colour.Interpretation, pipeline);
            if (layout.Premultiplied)
            {
                var words = colour.Format == Enums.BandFormat.Ushort ? colour : pipeline.Keep(colour * 257.0);
                colour = Named(Samples.Words(Straight(words, alpha!, 65535, layout, pipeline), pipeline), colour.Interpretation, pipeline);
            }
        }
        colour = Narrow(ToRgb(path, colour, tag, notes, pipeline), pipeline);
        if (alpha is null) return colour;
        // Back to 8 bits where the file has them: multiples of 257.
        if (colour.Format == Enums.BandFormat.Uchar)
            alpha = pipeline.Keep(pipeline.Keep(pipeline.Keep(alpha / 257.0).Rint()).Cast(Enums.BandFormat.Uchar));
        return pipeline.Keep(colour.Bandjoin(alpha));
    }

    /// <summary>Whether the colours go through a profile in the file.</summary>
    static bool IsProfileUsed(Image colour, ColorTag? tag) =>
        colour.Contains(ProfileField) && !(tag is { ReplacesProfile: true, Problem: null });

    static Image Bands(Image image, int first, int count, Pipeline pipeline) =>
        count == image.Bands ? image
            : pipeline.Keep(pipeline.Keep(image.ExtractBand(first, n: count)).Copy(interpretation: image.Interpretation));

    /// <summary>Opacity in 16 bits.</summary>
    static Image Opacity(Image band, Enums.Interpretation space, Pipeline pipeline)
    {
        if (space == Enums.Interpretation.Labs) return Samples.OpacityOfLabs(band, pipeline);
        if (band.Format is Enums.BandFormat.Float or Enums.BandFormat.Double) return Samples.OfFractions(band, pipeline);
        var integers = Samples.Unsigned(band, pipeline);
        return integers.Format == Enums.BandFormat.Ushort ? integers : Samples.Words(pipeline.Keep(integers * 257.0), pipeline);
    }

    /// <summary>
    /// Premultiplied colours over their opacity; black where there is none. What is white at its minimum was multiplied so.
    /// </summary>
    static Image Straight(Image colour, Image alpha, double most, BandLayout layout, Pipeline pipeline)
    {
        var stored = layout.MinIsWhite ? pipeline.Keep(most - colour) : colour;
        var joined = pipeline.Keep(pipeline.Keep(stored.Bandjoin(alpha)).Unpremultiply(maxAlpha: most, alphaBand: stored.Bands));
        var straight = pipeline.Keep(joined.ExtractBand(0, n: stored.Bands));
        return pipeline.Keep((layout.MinIsWhite ? pipeline.Keep(most - straight) : straight).Copy(interpretation: colour.Interpretation));
    }

    /// <summary>Integers with an interpretation that goes with their bits.</summary>
    static Image Named(Image image, Enums.Interpretation was, Pipeline pipeline)
    {
        bool bytes = image.Format == Enums.BandFormat.Uchar;
        var name = was == Enums.Interpretation.Cmyk ? was
            : image.Bands < 3 ? bytes ? Enums.Interpretation.Bw : Enums.Interpretation.Grey16
            : bytes ? Enums.Interpretation.Srgb : Enums.Interpretation.Rgb16;
        return image.Interpretation == name ? image : pipeline.Keep(image.Copy(interpretation: name));
    }

    /// <summary>Linear light, grey or RGB, as sRGB of 16 bits. Of what the file says of its colours the primaries alone matter.</summary>
    static Image OfLight(string path, Image light, ColorTag? tag, List<string> notes, Pipeline pipeline)
    {
        if (light.Format == Enums.BandFormat.Double) light = pipeline.Keep(light.Cast(Enums.BandFormat.Float));
        if (light.Bands < 3)
        {
            var grey = Bands(light, 0, 1, pipeline);
            light = pipeline.Keep(grey.Bandjoin(grey, grey));
        }
        else if (tag?.Problem is not null) notes.Add(NotFollowed(path, tag));
        else if (tag is not null && !tag.Primaries.IsNear(Chromaticities.Srgb))
        {
            notes.Add(Followed(path, tag));
            light = tag.ToSrgbPrimaries(light, pipeline);
        }
        return pipeline.Keep(pipeline.Keep(light.Copy(interpretation: Enums.Interpretation.Scrgb)).Colourspace(Enums.Interpretation.Rgb16));
    }

    static Image ToRgb(string path, Image colour, ColorTag? tag, List<string> notes, Pipeline pipeline)
    {
        bool cmyk = colour.Interpretation == Enums.Interpretation.Cmyk;
        bool used = IsProfileUsed(colour, tag) && !Samples.HasUnits(colour);
        if (cmyk && !used) notes.Add($"'{path}': CMYK without a colour profile; a common one is assumed");
        if (cmyk || (used && !IsSrgb(colour)))
            try
            {
                // 16 bits: a change of primaries should not round to 8 in between.
                return pipeline.Keep(colour.IccTransform("srgb", embedded: true, inputProfile: cmyk ? "cmyk" : "srgb",
                    intent: Enums.Intent.Relative, blackPointCompensation: true, depth: 16));
            }
            catch (VipsException) when (!cmyk)
            {
                // The picture is taken for sRGB, or for what its other tags say, as viewers do.
                notes.Add($"'{path}': its colour profile is broken or made for something else, and is not used");
                used = false;
            }
        if (tag is not null && !used && IsPlain(colour))
        {
            if (tag.Problem is not null)
                notes.Add(NotFollowed(path, tag));
            else if (!tag.IsSrgb)
            {
                notes.Add(Followed(path, tag));
                return tag.ToSrgb(colour.Bands is 1 or 3 ? colour : Bands(colour, 0, colour.Bands < 3 ? 1 : 3, pipeline), pipeline);
            }
        }
        if (IsPlain(colour)) return colour;
        return pipeline.Keep(colour.Colourspace(Enums.Interpretation.Rgb16));
    }

    static string Followed(string path, ColorTag tag) => $"'{path}': its colours are converted to sRGB by {tag.Name}";

    static string NotFollowed(string path, ColorTag tag) =>
        $"'{path}': its colours are read as if they were sRGB, since {tag.Name} is not followed ({tag.Problem}); convert it to sRGB with another program if they look wrong";

    static bool IsPlain(Image colour) =>
        colour.Format is Enums.BandFormat.Uchar or Enums.BandFormat.Ushort && colour.Coding == Enums.Coding.None &&
        colour.Interpretation is Enums.Interpretation.Bw or Enums.Interpretation.Srgb or Enums.Interpretation.Grey16
            or Enums.Interpretation.Rgb16 or Enums.Interpretation.Rgb or Enums.Interpretation.Multiband;

    /// <summary>Three bands, whatever there was, and an interpretation that goes with the number of bits.</summary>
    static Image Narrow(Image colour, Pipeline pipeline)
    {
        if (colour.Bands < 3)
        {
            var grey = colour.Bands == 1 ? colour : pipeline.Keep(colour.ExtractBand(0));
            colour = pipeline.Keep(grey.Bandjoin(grey, grey));
        }
        else if (colour.Bands > 3) colour = pipeline.Keep(colour.ExtractBand(0, n: 3));
        return pipeline.Keep(colour.Copy(
            interpretation: colour.Format == Enums.BandFormat.Uchar ? Enums.Interpretation.Srgb : Enums.Interpretation.Rgb16));
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
            var through = pipeline.Keep(cube.IccTransform(
                "srgb", embedded: true, intent: Enums.Intent.Relative, blackPointCompensation: true, depth: 8));
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
