using NetVips;

namespace GpuStyle.Imaging;

/// <summary>What the bands of an image are.</summary>
/// <param name="Colors">How many bands, from the first on, are color.</param>
/// <param name="Alpha">The band that is opacity, or null.</param>
/// <param name="Premultiplied">Whether the colours are multiplied by the opacity.</param>
/// <param name="MinIsWhite">Whether the one band of colour is white at its minimum in the file.</param>
/// <param name="IsInverted">Whether it is so in the image too.</param>
sealed record BandLayout(int Colors, int? Alpha = null, bool Premultiplied = false, bool MinIsWhite = false, bool IsInverted = false)
{
    /// <summary>The layout of an image whose format says itself which band is opacity, as all do but TIFF.</summary>
    public static BandLayout Of(Image image) => image.HasAlpha() ? new(image.Bands - 1, image.Bands - 1) : new(image.Bands);

    /// <summary>
    /// The layout of a TIFF's image, by its photometric interpretation and ExtraSamples. Bands without a meaning are told in the notes.
    /// </summary>
    /// <param name="path">The file, for the notes.</param>
    /// <param name="tiff">What the image was decoded from.</param>
    /// <param name="image">
    /// The image, in which a palette's colors have taken the place of its indices and, if the file has planes, those without a meaning
    /// are left out.
    /// </param>
    /// <param name="notes">Takes what is told.</param>
    public static BandLayout Of(string path, TiffPicture tiff, Image image, List<string> notes)
    {
        if (image.Coding != Enums.Coding.None) return new(image.Bands);
        var opacity = tiff.Opacity;
        int extra = tiff.Samples - tiff.ColorSamples, known = opacity is null ? 0 : 1, dropped = extra - known;
        int colors = tiff.IsPalette ? image.Bands - (tiff.IsPlanar ? known : extra) : tiff.ColorSamples;
        int? alpha = opacity is not var (sample, _) ? null : tiff.IsPlanar ? colors : sample - tiff.ColorSamples + colors;
        if (dropped > 0)
            notes.Add($"'{path}': {(dropped == 1 ? "a band" : $"{dropped} bands")} beyond the colours{(known == 0 ? "" : " and alpha")} " +
                $"{(dropped == 1 ? "has" : "have")} no meaning in the file (ExtraSamples) and {(dropped == 1 ? "is" : "are")} left out");
        bool minIsWhite = tiff.Directory.Number(TiffTag.PhotometricInterpretation, 1) == 0;
        // The library inverts integers without sign, where it decodes bands together.
        bool inverted = minIsWhite
            && (tiff.IsPlanar || image.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort or Enums.BandFormat.Uint));
        return new(colors, alpha, opacity is (_, true), minIsWhite, inverted);
    }
}
