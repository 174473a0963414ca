using System.Buffers.Binary;
using NetVips;

namespace GpuStyle.Imaging;

/// <summary>How the numbers in a file stand for light, where something other than a colour profile says so.</summary>
/// <param name="Name">What says so, for messages.</param>
/// <param name="ToLight">From an encoded value to light, both 0..1; null is the curve of sRGB.</param>
/// <param name="Primaries">Chromaticities of red, green, blue and white.</param>
/// <param name="ReplacesProfile">Whether it comes before a colour profile in the same file.</param>
/// <param name="Problem">Why it cannot be followed, or null.</param>
sealed record ColorTag(
    string Name, Func<double, double>? ToLight, Chromaticities Primaries, bool ReplacesProfile = false, string? Problem = null)
{
    /// <summary>Gamma 2.19921875 and the primaries of Adobe RGB (1998).</summary>
    static ColorTag AdobeRgb(string name) => new(name, Power(563 / 256.0),
        Chromaticities.Srgb with { GreenX = 0.21, GreenY = 0.71 });

    /// <summary>Whether values are those of sRGB and need no change.</summary>
    public bool IsSrgb => ToLight is null && Primaries.IsNear(Chromaticities.Srgb);

    /// <summary>What a file says, or null if it says nothing.</summary>
    /// <param name="local">A regular file.</param>
    /// <param name="format">Its format, as <see cref="FileKind"/> tells it.</param>
    /// <param name="image">The image that the library made of it, which carries EXIF data.</param>
    /// <param name="tiff">A TIFF's picture, else null.</param>
    public static ColorTag? Find(string local, string? format, Image image, TiffPicture? tiff)
    {
        using var file = File.OpenRead(local);
        var own = format switch { "PNG" => OfPng(PngChunks.Before(file)), "HEIF" => OfHeif(HeifColor.Find(file)), _ => null };
        if (own is not null) return own;
        var directory = tiff?.Directory;
        if (directory?.Numbers(TiffTag.PrimaryChromaticities) is { Length: 6 } p
            && directory.Numbers(TiffTag.WhitePoint) is { Length: 2 } w)
        {
            const string Name = "TIFF tag PrimaryChromaticities";
            var primaries = new Chromaticities(p[0], p[1], p[2], p[3], p[4], p[5], w[0], w[1]);
            return primaries.ArePossible ? new(Name, null, primaries)
                : new(Name, null, Chromaticities.Srgb, Problem: "no possible primaries");
        }
        var exif = tiff is null ? ExifOf(image) : tiff.Directory.Exif is null ? tiff.Main : tiff.Directory;
        if (exif?.Exif is not { } details) return null;
        long space = details.Number(TiffTag.ColorSpace, 0);
        bool adobe = space == 2 || space != 1 && details.Interoperability?.Text(TiffTag.InteroperabilityIndex) == "R03";
        return adobe ? AdobeRgb("EXIF: Adobe RGB") : null;
    }

    /// <summary>The main directory of an image's EXIF data, or null.</summary>
    public static TiffDirectory? ExifOf(Image image)
    {
        if (!image.Contains("exif-data") || image.Get("exif-data") is not byte[] data) return null;
        int skip = data.AsSpan().StartsWith("Exif\0\0"u8) ? 6 : 0;
        return TiffDirectory.Pages(new MemoryStream(data, skip, data.Length - skip)) is [var main, ..] ? main : null;
    }

    /// <summary>By the order of the PNG specification: cICP, iCCP, sRGB, gAMA and cHRM.</summary>
    static ColorTag? OfPng(IReadOnlyDictionary<string, byte[]> chunks)
    {
        if (chunks.GetValueOrDefault("cICP") is [var primaries, var transfer, _, var full])
        {
            var tag = OfCicp("PNG chunk cICP", primaries, transfer) with { ReplacesProfile = true };
            return full == 0 && tag.Problem is null ? tag with { Problem = "a video's range of values" } : tag;
        }
        if (chunks.ContainsKey("iCCP")) return null;
        if (chunks.ContainsKey("sRGB")) return new("PNG chunk sRGB", null, Chromaticities.Srgb);
        double[] Fractions(string name) => chunks.GetValueOrDefault(name) is { } data
            ? [.. Enumerable.Range(0, data.Length / 4).Select(i => BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(4 * i)) / 1e5)]
            : [];
        double[] gamma = Fractions("gAMA"), c = Fractions("cHRM");
        if (gamma.Length != 1 && c.Length != 8) return null;
        var chromaticities = c.Length == 8 ? new Chromaticities(c[2], c[3], c[4], c[5], c[6], c[7], c[0], c[1]) : Chromaticities.Srgb;
        string name = gamma.Length == 1 ? FormattableString.Invariant($"PNG chunk gAMA {gamma[0]}") : "PNG chunk cHRM";
        if (gamma is [0]) return new(name, null, chromaticities, Problem: "no possible gamma");
        if (!chromaticities.ArePossible) return new("PNG chunk cHRM", null, Chromaticities.Srgb, Problem: "no possible primaries");
        // 1/2.2, as sRGB is written there, to within 2 %: writers round it to 0.45, and 0.46 is meant so too.
        bool srgb = gamma.Length == 0 || Math.Abs(gamma[0] * 2.2 - 1) < 0.02 && chromaticities.IsNear(Chromaticities.Srgb);
        return new(name, srgb ? null : Power(1 / gamma[0]), chromaticities);
    }

    static ColorTag? OfHeif((int Primaries, int Transfer)? colour) =>
        colour is var (primaries, transfer) ? OfCicp("nclx", primaries, transfer) : null;

    /// <summary>
    /// Code points of ITU-T H.273. The curves of television (1, 6, 7, 11, 12, 14, 15) are taken for sRGB's, as writers mean it and viewers
    /// do; so is what is not specified.
    /// </summary>
    static ColorTag OfCicp(string source, int primaries, int transfer)
    {
        string name = $"{source} {primaries}/{transfer}";
        if (Chromaticities.Of(primaries) is not { } chromaticities)
            return new(name, null, Chromaticities.Srgb, Problem: $"unknown primaries {primaries}");
        return transfer switch
        {
            1 or 2 or 6 or 7 or 11 or 12 or 13 or 14 or 15 => new(name, null, chromaticities),
            4 => new(name, Power(2.2), chromaticities),
            5 => new(name, Power(2.8), chromaticities),
            8 => new(name, v => v, chromaticities),
            17 => new(name, v => Math.Min(1, Math.Pow(v, 2.6) * 52.37 / 48), chromaticities),
            16 => new(name, null, chromaticities, Problem: "high dynamic range, PQ"),
            18 => new(name, null, chromaticities, Problem: "high dynamic range, HLG"),
            _ => new(name, null, chromaticities, Problem: $"unknown transfer {transfer}"),
        };
    }

    static Func<double, double> Power(double exponent) => v => Math.Pow(v, exponent);

    /// <summary>An image of 1 or 3 bands of 8 or 16 bits as sRGB of 16 bits.</summary>
    public Image ToSrgb(Image image, Pipeline pipeline)
    {
        int levels = image.Format == Enums.BandFormat.Uchar ? 256 : 65536;
        var light = new float[levels];
        for (int i = 0; i < levels; i++) light[i] = (float)(ToLight ?? ColourSpaces.ToLight)(i / (levels - 1.0));
        var table = pipeline.Keep(Image.NewFromMemory(light, levels, 1, 1, Enums.BandFormat.Float));
        var linear = pipeline.Keep(image.Maplut(table));
        if (image.Bands == 1) linear = pipeline.Keep(linear.Bandjoin(linear, linear));
        linear = ToSrgbPrimaries(linear, pipeline);
        var named = pipeline.Keep(linear.Copy(interpretation: Enums.Interpretation.Scrgb));
        return pipeline.Keep(named.Colourspace(Enums.Interpretation.Rgb16));
    }

    /// <summary>Linear light in these primaries as linear light in those of sRGB; grey, in any number of bands, stays as it is.</summary>
    public Image ToSrgbPrimaries(Image light, Pipeline pipeline) => light.Bands < 3 || Primaries.IsNear(Chromaticities.Srgb) ? light
        : pipeline.Keep(light.Recomb(pipeline.Keep(Image.NewFromArray(Primaries.ToSrgb()))));
}
