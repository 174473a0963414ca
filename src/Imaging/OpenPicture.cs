using NetVips;

namespace GpuStyle.Imaging;

/// <summary>A picture file whose header has been read: the library's image of it, what its bands and colours mean, and what is to be told of it.</summary>
sealed class OpenPicture
{
    readonly ColourTag? tag;

    OpenPicture(string path, string local, FileKind kind, Image image, TiffPicture? tiff, List<string> notes)
    {
        (Path, Image, Notes) = (path, image, notes);
        Layout = tiff is null ? BandLayout.Of(image) : BandLayout.Of(path, tiff, image, notes);
        Orientation = (tiff?.Orientation ?? (image.Contains("orientation") ? image.Get("orientation") as int? : null)) is int value and >= 1 and <= 8 ? value : 1;
        tag = ColourTag.Find(local, kind.Format, image, tiff);
        var exif = tiff is null ? ColourTag.ExifOf(image) : tiff.Main;
        FromCamera = exif is not null && (exif.Has(271) || exif.Has(272) || exif.Exif is { } details && (details.Has(33434) || details.Has(33437)));
        if (tiff is null && image.Contains("n-pages") && image.Get("n-pages") is int and > 1 and var frames)
            notes.Add($"'{path}': the first of its {frames} pictures is used");
        if (Samples.AreSigned(image)) notes.Add($"'{path}': its samples have a sign; the least possible value is read as black, the largest as white");
    }

    /// <summary>The file as it was named.</summary>
    public string Path { get; }

    /// <summary>The image as it lies in the file.</summary>
    public Image Image { get; }

    /// <summary>What its bands are.</summary>
    public BandLayout Layout { get; }

    /// <summary>EXIF orientation 1..8; from 5 on, width and height change places.</summary>
    public int Orientation { get; }

    /// <summary>Whether a camera or an exposure is named.</summary>
    public bool FromCamera { get; }

    /// <summary>What reading changes, drops or guesses.</summary>
    public List<string> Notes { get; }

    /// <summary>The image as sRGB, not yet upright.</summary>
    public Image ToSrgb(Pipeline pipeline) => ColourConversion.ToSrgb(Path, Image, Layout, tag, Notes, pipeline);

    /// <summary>Opens a file and does something with it.</summary>
    /// <exception cref="PictureException">It cannot be read, or not used in this way.</exception>
    public static T Use<T>(string path, Func<OpenPicture, Pipeline, T> use)
    {
        string local = LocalFile.Of(path), failing = $"cannot read '{path}'";
        FileKind kind;
        try
        {
            kind = FileKind.Of(local);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new PictureException($"{failing}: {Vips.Reason(error)}; check the disk and the file's permissions", error);
        }
        if (kind.Problem is not null) throw new PictureException($"{failing}: it is {kind.Problem}");
        bool opened = false;
        try
        {
            return Vips.Try(failing, () =>
            {
                using var pipeline = new Pipeline();
                List<string> notes = [];
                var tiff = kind.Format == "TIFF" ? TiffPicture.Choose(path, TiffDirectory.Pages(local), notes) : null;
                var (image, streams) = Decode(local, tiff, pipeline);
                if (image.Contains("heif-compression") && image.Get("heif-compression") is string and not "av1" and var coded)
                {
                    throw new PictureException($"{failing}: it is a HEIC or HEIF picture ({coded}), a kind that cannot be decoded here; " +
                        $"convert it to JPEG or PNG, with 'heif-convert FILE out.jpg' (libheif) or 'sips -s format jpeg FILE --out out.jpg' (macOS) for instance");
                }
                var picture = new OpenPicture(path, local, kind, image, tiff, notes);
                opened = true;
                T? result = default;
                Action action = () => result = use(picture, pipeline);
                foreach (var stream in streams)
                {
                    var inner = action;
                    action = () => LibraryStream.Guard(inner, stream);
                }
                action();
                return result!;
            });
        }
        catch (PictureException error) when (error.InnerException is VipsException inner)
        {
            if (kind.Format is null)
                throw new PictureException($"{failing}: it is no picture, or of an unknown kind; use PNG, JPEG, WebP, TIFF or AVIF", inner);
            string detail = opened ? Vips.Reason(inner) : "its header cannot be understood";
            if (inner.Message.Contains("not configured", StringComparison.Ordinal))
                throw new PictureException($"{failing}: it is a TIFF of a kind that cannot be decoded here ({detail}); save it without compression or with Deflate", inner);
            throw new PictureException($"{failing}: the file is damaged or cut short ({detail}); copy or download it again", inner);
        }
    }

    /// <summary>
    /// The library's image, and the streams that it reads. What the library does not know how to decode in a TIFF it sees in another way: bands in
    /// planes (which it mixes up, or refuses, in most formats) as a picture each, premultiplied colours as if no band were opacity (it would divide by that in the
    /// file's own format, which loses bits).
    /// </summary>
    static (Image Image, List<LibraryStream> Streams) Decode(string local, TiffPicture? tiff, Pipeline pipeline)
    {
        List<LibraryStream> streams = [];
        Image View(IReadOnlyDictionary<int, int?> changes, (int, int) plane)
        {
            streams.Add(pipeline.Keep(new TiffView(local, tiff!.Directory, changes, plane)));
            return pipeline.Keep(Image.TiffloadStream(streams[^1], access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));
        }
        if (tiff is { IsPlanar: true })
        {
            int samples = (int)tiff.Directory.Number(277, 1), bits = (int)tiff.Directory.Number(258, 1), format = (int)tiff.Directory.Number(339, 1);
            var planes = Enumerable.Range(0, samples).Select(i => View(new Dictionary<int, int?>
            {
                [258] = bits,
                [262] = i == 0 && tiff.Directory.Number(262, 0) == TiffPicture.Palette ? TiffPicture.Palette : 1,
                [277] = 1,
                [284] = 1,
                [338] = null,
                [339] = format,
            }, (i, samples))).ToArray();
            var joined = pipeline.Keep(planes[0].Bandjoin(planes[1..]));
            return (pipeline.Keep(joined.Copy(interpretation: tiff.Directory.Number(262, 0) == 5 ? Enums.Interpretation.Cmyk : Enums.Interpretation.Multiband)), streams);
        }
        if (tiff is { IsLabOf8Bits: true })
        {
            // The library's own reading of it fails in version 8.18. L* goes from 0 to 255, a* and b* have a sign.
            var raw = View(new Dictionary<int, int?> { [262] = 2 }, (0, 1));
            var signed = pipeline.Keep(pipeline.Keep(raw < 128.0).Ifthenelse(raw, pipeline.Keep(raw - 256.0)));
            var lightness = pipeline.Keep(pipeline.Keep(raw.ExtractBand(0)) * (100 / 255.0));
            return (pipeline.Keep(pipeline.Keep(lightness.Bandjoin(pipeline.Keep(signed.ExtractBand(1, n: 2)))).Copy(interpretation: Enums.Interpretation.Lab)), streams);
        }
        if (tiff is not null && tiff.Directory.Numbers(338).Contains(1)) return (View(new Dictionary<int, int?> { [338] = null }, (0, 1)), streams);
        // A source, since the library takes brackets at the end of a file's name for options.
        var source = pipeline.Keep(Source.NewFromFile(local));
        return (pipeline.Keep(tiff is null
            ? Image.NewFromSource(source, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error)
            : Image.TiffloadSource(source, page: tiff.Page, subifd: tiff.SubDirectory, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error)), streams);
    }
}
