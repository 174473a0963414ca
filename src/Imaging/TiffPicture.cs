namespace GpuStyle.Imaging;

/// <summary>Which of the pictures in a TIFF file is the one that is meant.</summary>
/// <param name="Directory">Its directory.</param>
/// <param name="Page">The page that it is or belongs to, from 0.</param>
/// <param name="SubDirectory">Its place among that page's subdirectories, or null where it is the page itself.</param>
/// <param name="Main">The first directory of the file, which says what concerns all of them.</param>
sealed record TiffPicture(TiffDirectory Directory, int Page, int? SubDirectory, TiffDirectory Main)
{
    /// <summary>Photometric interpretation of a picture whose samples are indices.</summary>
    public const int Palette = 3;

    /// <summary>More samples of a pixel than any file has that is meant as a picture.</summary>
    const int MostSamples = 1000;

    const string Develop = "develop it first, with darktable or RawTherapee for instance, and use the TIFF or JPEG";
    static readonly string[] RawExtensions =
    [
        ".3fr", ".arw", ".cr2", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kdc", ".mef", ".mos", ".nef", ".nrw", ".orf",
        ".pef", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw",
    ];

    /// <summary>
    /// The first page; if that is a reduced image, the largest page or subdirectory that is none. What was chosen is told in the notes.
    /// </summary>
    /// <exception cref="PictureException">A camera's raw file, or a picture of a kind that cannot be decoded.</exception>
    public static TiffPicture? Choose(string path, IReadOnlyList<TiffDirectory> pages, List<string> notes)
    {
        if (pages.Count == 0) return null;
        var first = pages[0];
        List<TiffPicture> all = [];
        for (int page = 0; page < pages.Count; page++)
        {
            all.Add(new(pages[page], page, null, first));
            for (int i = 0; i < pages[page].Children.Count; i++)
                if (pages[page].Children[i] is { } child) all.Add(new(child, page, i, first));
        }
        bool rawName = RawExtensions.Contains(Path.GetExtension(path).ToLowerInvariant());
        if (all.Any(p => !p.IsReduced && p.IsRaw))
            throw new PictureException($"cannot read '{path}': it is a camera's raw file; {Develop}");

        var full = all.Where(p => !p.IsReduced && p.Pixels > 0).MaxBy(p => p.Pixels);
        bool thumbnailFirst = all[0].IsReduced
            || all.Any(p => p is { Page: 0, SubDirectory: not null, IsReduced: false } && p.Pixels > all[0].Pixels);
        var chosen = thumbnailFirst && full is not null ? full : all[0];
        bool rawNameAlone = rawName && chosen.Directory == first
            && !first.Has(TiffTag.NewSubfileType) && first.Text(TiffTag.Make).Length > 0;
        if (chosen.IsReduced && (all.Count > 1 || rawName) || rawNameAlone)
            throw new PictureException($"cannot read '{path}': it holds only a thumbnail that can be read here; " +
                $"if it is a camera's raw file, {Develop}, else convert it to PNG or TIFF with the program that made it");
        if (chosen.WhyNot() is { } reason)
            throw new PictureException($"cannot read '{path}': it is a TIFF of a kind that cannot be decoded here ({reason}); " +
                "convert it to an RGB or grey TIFF of 8 or 16 bits, or to PNG");

        string size = $"{chosen.Width} x {chosen.Height} pixels";
        if (chosen != all[0])
            notes.Add($"'{path}': its first page is a thumbnail; the full image is used " +
                $"({size}, {(chosen.SubDirectory is null ? $"page {chosen.Page + 1}" : "a subdirectory")})");
        else if (chosen.IsReduced)
            notes.Add($"'{path}': its only page is marked as a reduced copy of an image that the file does not hold");
        else if (all.Count(p => p is { SubDirectory: null, IsReduced: false }) is > 1 and var count)
            notes.Add($"'{path}': the first of its {count} pages is used " +
                $"({size}{(full!.Pixels > chosen.Pixels ? $"; page {full.Page + 1} is larger" : "")})");
        return chosen;
    }

    /// <summary>Samples of a pixel.</summary>
    public int Samples => (int)Directory.Number(TiffTag.SamplesPerPixel, 1);

    /// <summary>How many of them, from the first on, are color by the photometric interpretation; the others are extra.</summary>
    public int ColorSamples => Directory.Number(TiffTag.PhotometricInterpretation, 1) switch { 2 or 6 or 8 or 32845 => 3, 5 => 4, _ => 1 };

    /// <summary>Which of them is opacity by ExtraSamples, and whether the colors are multiplied by it; null if none is.</summary>
    public (int Sample, bool Premultiplied)? Opacity
    {
        get
        {
            double[] types = Directory.Numbers(TiffTag.ExtraSamples);
            int extra = Samples - ColorSamples;
            // Where there are fewer types than extra samples, they are those of the last ones.
            if (types.Length > extra) types = types[^extra..];
            int at = Array.FindIndex(types, t => t is 1 or 2);
            return at < 0 ? null : (Samples - types.Length + at, types[at] == 1);
        }
    }

    /// <summary>Whether the samples are indices of a palette.</summary>
    public bool IsPalette => Directory.Number(TiffTag.PhotometricInterpretation, 0) == Palette;

    /// <summary>EXIF orientation; a subdirectory without one has the file's.</summary>
    public int Orientation => (int)Directory.Number(TiffTag.Orientation, SubDirectory is null ? 1 : Main.Number(TiffTag.Orientation, 1));

    /// <summary>Whether each band lies by itself in the file.</summary>
    public bool IsPlanar => Directory.Number(TiffTag.PlanarConfiguration, 1) == 2 && Samples > 1;

    /// <summary>Whether this is CIELAB in three bands of 8 bits.</summary>
    public bool IsLabOf8Bits =>
        Directory.Number(TiffTag.PhotometricInterpretation, 1) == 8 && Directory.Number(TiffTag.BitsPerSample, 1) == 8 && Samples == 3;

    long Width => Directory.Number(TiffTag.ImageWidth, 0);
    long Height => Directory.Number(TiffTag.ImageLength, 0);
    double Pixels => (double)Width * Height;

    /// <summary>A smaller copy of another image, or the mask of one.</summary>
    bool IsReduced => (Directory.Number(TiffTag.NewSubfileType, 0) & 0b101) != 0 || Directory.Number(TiffTag.SubfileType, 0) == 2;

    /// <summary>A sensor's values: a mosaic or linear raw, or packed as only cameras do it.</summary>
    bool IsRaw => Directory.Number(TiffTag.PhotometricInterpretation, 0) is 32803 or 34892 || Directory.Number(TiffTag.Compression, 1)
        is 262 or 32767 or 32769 or 32770 or 32867 or 34713 or 34892 or 52546 or 65000 or 65535;

    /// <summary>Why an image cannot be decoded, or null if nothing speaks against it.</summary>
    string? WhyNot()
    {
        long photometric = Directory.Number(TiffTag.PhotometricInterpretation, 1), samples = Directory.Number(TiffTag.SamplesPerPixel, 1);
        long bits = Directory.Number(TiffTag.BitsPerSample, 1), format = Directory.Number(TiffTag.SampleFormat, 1);
        if (photometric is not (0 or 1 or 2 or Palette or 5 or 6 or 8 or 32845)) return $"photometric interpretation {photometric}";
        if (photometric == 5 && Directory.Number(TiffTag.InkSet, 1) != 1) return "inks other than cyan, magenta, yellow, black";
        if (samples < ColorSamples) return $"{samples} bands where {ColorSamples} are needed";
        if (samples > MostSamples) return $"{samples} bands; {MostSamples} are the most";
        if (Directory.Numbers(TiffTag.BitsPerSample).Distinct().Count() > 1) return "bands of different bits";
        if (Directory.Numbers(TiffTag.SampleFormat).Distinct().Count() > 1) return "bands of different sample formats";
        if (format is 5 or 6) return "complex numbers";
        if (IsPlanar && photometric is not (0 or 1 or 2 or Palette or 5))
            return $"bands in planes, photometric interpretation {photometric}";
        if (bits > 32) return $"{bits} bits a sample; 32 are the most";
        bool whole = format != 3 && (bits is 8 or 16 or 32 || bits is 1 or 2 or 4 && samples == 1), real = format == 3 && bits is 16 or 32;
        return whole || real || photometric == 32845 ? null : $"{bits} bits a sample";
    }
}
