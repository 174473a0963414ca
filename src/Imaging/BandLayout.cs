using NetVips;

namespace GpuStyle.Imaging;

/// <summary>What the bands of an image are.</summary>
/// <param name="Colours">How many bands, from the first on, are colour.</param>
/// <param name="Alpha">The band that is opacity, or null.</param>
/// <param name="Premultiplied">Whether the colours are multiplied by the opacity.</param>
/// <param name="MinIsWhite">Whether the one band of colour is white at its minimum in the file.</param>
/// <param name="IsInverted">Whether it is so in the image too.</param>
sealed record BandLayout(int Colours, int? Alpha = null, bool Premultiplied = false, bool MinIsWhite = false, bool IsInverted = false)
{
    /// <summary>The layout of an image whose format says itself which band is opacity, as all do but TIFF.</summary>
    public static BandLayout Of(Image image) => image.HasAlpha() ? new(image.Bands - 1, image.Bands - 1) : new(image.Bands);

    /// <summary>The layout of a TIFF's image, by its photometric interpretation and ExtraSamples. Bands without a meaning are told in the notes.</summary>
    /// <param name="path">The file, for the notes.</param>
    /// <param name="tiff">What the image was decoded from.</param>
    /// <param name="image">The image, in which a palette's colours have taken the place of its indices.</param>
    /// <param name="notes">Takes what is told.</param>
    public static BandLayout Of(string path, TiffPicture tiff, Image image, List<string> notes)
    {
        var directory = tiff.Directory;
        if (image.Coding != Enums.Coding.None) return new(image.Bands);
        int samples = (int)directory.Number(277, 1), inFile = TiffPicture.ColourSamples(directory), extra = samples - inFile;
        int colours = directory.Number(262, 0) == TiffPicture.Palette ? image.Bands - extra : inFile;
        double[] types = directory.Numbers(338);
        types = types.Length > extra ? types[^extra..] : types;
        int first = extra - types.Length, at = Array.FindIndex(types, t => t is 1 or 2);
        int? alpha = at < 0 ? null : colours + first + at;
        int dropped = extra - (at < 0 ? 0 : 1);
        if (dropped > 0)
            notes.Add($"'{path}': {(dropped == 1 ? "a band" : $"{dropped} bands")} beyond the colours{(at < 0 ? "" : " and alpha")} " +
                $"{(dropped == 1 ? "has" : "have")} no meaning in the file (ExtraSamples) and {(dropped == 1 ? "is" : "are")} left out");
        bool minIsWhite = directory.Number(262, 1) == 0;
        // The library inverts integers without sign, where it decodes bands together.
        bool inverted = minIsWhite && (tiff.IsPlanar || image.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort or Enums.BandFormat.Uint));
        return new(colours, alpha, at >= 0 && types[at] == 1, minIsWhite, inverted);
    }
}
