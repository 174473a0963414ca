using NetVips;

namespace GpuStyle.Imaging;

/// <summary>
/// Samples of any format as integers of 8 or 16 bits, from black to white (or from clear to opaque) over their full range.
/// </summary>
static class Samples
{
    /// <summary>Whether these are floating-point samples of 0..1, not of a space with units of its own.</summary>
    public static bool AreFractions(Image image) => image.Format is Enums.BandFormat.Float or Enums.BandFormat.Double && !HasUnits(image);

    /// <summary>Whether the values are in a space with units of its own, such as CIELAB.</summary>
    public static bool HasUnits(Image image) => image.Coding != Enums.Coding.None || image.Interpretation
        is Enums.Interpretation.Lab or Enums.Interpretation.Labs or Enums.Interpretation.Labq or Enums.Interpretation.Xyz;

    /// <summary>Whether zero is not the least value, which is read as black.</summary>
    public static bool AreSigned(Image image) =>
        image.Format is Enums.BandFormat.Char or Enums.BandFormat.Short or Enums.BandFormat.Int && !HasUnits(image);

    /// <summary>The largest value of an image of 8 or 16 bits.</summary>
    public static double Most(Image image) => image.Format == Enums.BandFormat.Uchar ? 255 : 65535;

    /// <summary>
    /// Integers of any size as 8 or 16 bits without sign: those of these sizes without sign as they are, others over their full range.
    /// </summary>
    public static Image Unsigned(Image image, Pipeline pipeline) => image.Format switch
    {
        Enums.BandFormat.Char => pipeline.Keep(pipeline.Keep(image + 128).Cast(Enums.BandFormat.Uchar)),
        Enums.BandFormat.Short => Words(pipeline.Keep(image + 32768), pipeline),
        Enums.BandFormat.Uint => Words(pipeline.Keep(image / 65537.0), pipeline),
        Enums.BandFormat.Int => Words(pipeline.Keep(pipeline.Keep(image + 2147483648.0) / 65537.0), pipeline),
        _ => image,
    };

    /// <summary>Fractions 0..1 as 16 bits; what is outside is clipped, and what is no number becomes 0.</summary>
    public static Image OfFractions(Image image, Pipeline pipeline) => Words(pipeline.Keep(Numbers(image, pipeline) * 65535.0), pipeline);

    /// <summary>The image with 0 for what is no number.</summary>
    public static Image Numbers(Image image, Pipeline pipeline) => pipeline.Keep(pipeline.Keep(image.Equal(image)).Ifthenelse(image, 0.0));

    /// <summary>
    /// Opacity of the CIELAB images that the library makes of a TIFF: 16 bits without sign, handed over as if they had one.
    /// </summary>
    public static Image OpacityOfLabs(Image image, Pipeline pipeline) =>
        Words(pipeline.Keep(pipeline.Keep(image < 0.0).Ifthenelse(pipeline.Keep(image + 65536.0), image)), pipeline);

    /// <summary>Rounded to 16 bits.</summary>
    public static Image Words(Image image, Pipeline pipeline) => pipeline.Keep(pipeline.Keep(image.Rint()).Cast(Enums.BandFormat.Ushort));
}
