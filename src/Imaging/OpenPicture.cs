using NetVips;

namespace GpuStyle.Imaging;

/// <summary>
/// A picture file whose header has been read: the library's image of it, what its bands and colours mean, and what is to be told of it.
/// </summary>
sealed class OpenPicture
{
    readonly ColorTag? tag;

    OpenPicture(string path, string local, FileKind kind, Image image, TiffPicture? tiff, List<string> notes)
    {
        (Path, Image, Notes) = (path, image, notes);
        Layout = tiff is null ? BandLayout.Of(image) : BandLayout.Of(path, tiff, image, notes);
        int? orientation = tiff?.Orientation ?? (image.Contains("orientation") ? image.Get("orientation") as int? : null);
        Orientation = orientation is >= 1 and <= 8 ? orientation.Value : 1;
        tag = ColorTag.Find(local, kind.Format, image, tiff);
        var exif = tiff is null ? ColorTag.ExifOf(image) : tiff.Main;
        FromCamera = exif is not null && (exif.Has(TiffTag.Make) || exif.Has(TiffTag.Model)
            || exif.Exif is { } details && (details.Has(TiffTag.ExposureTime) || details.Has(TiffTag.Aperture)));
        if (tiff is null && image.Contains("n-pages") && image.Get("n-pages") is int and > 1 and var frames)
            notes.Add($"'{path}': the first of its {frames} pictures is used");
        if (Samples.AreSigned(image))
            notes.Add($"'{path}': its samples have a sign; the least possible value is read as black, the largest as white");
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
        bool opened = false;
        FileKind? kind = null;
        try
        {
            kind = FileKind.Of(local);
            if (kind.Problem is not null) throw new PictureException($"{failing}: it is {kind.Problem}") { IsNoPicture = kind.IsNoPicture };
            return Vips.Try(failing, () =>
            {
                using var pipeline = new Pipeline();
                List<string> notes = [];
                var tiff = kind.Format == "TIFF" ? TiffPicture.Choose(path, TiffDirectory.Pages(local), notes) : null;
                var (image, streams) = Decode(local, tiff, pipeline);
                if (image.Contains("heif-compression") && image.Get("heif-compression") is string and not "av1" and var coded)
                {
                    throw new PictureException($"{failing}: it is a HEIC or HEIF picture ({coded}), a kind that cannot be decoded here; " +
                        "convert it to JPEG or PNG, with 'heif-convert FILE out.jpg' (libheif) or " +
                        "'sips -s format jpeg FILE --out out.jpg' (macOS) for instance");
                }
                T? result = default;
                LibraryStream.Guard(() =>
                {
                    var picture = new OpenPicture(path, local, kind, image, tiff, notes);
                    opened = true;
                    result = use(picture, pipeline);
                }, streams);
                return result!;
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new PictureException($"{failing}: {Vips.Reason(error)}; check the disk and the file's permissions", error);
        }
        catch (PictureException error) when (error.InnerException is VipsException inner)
        {
            if (kind?.Format is null)
            {
                string advice = "it is no picture, or of an unknown kind; use PNG, JPEG, WebP, TIFF or AVIF";
                throw new PictureException($"{failing}: {advice}", inner) { IsNoPicture = true };
            }
            string detail = opened ? Vips.Reason(inner) : "its header cannot be understood";
            if (inner.Message.Contains("not configured", StringComparison.Ordinal))
                throw new PictureException($"{failing}: it is a TIFF of a kind that cannot be decoded here ({detail}); " +
                    "save it without compression or with Deflate", inner);
            throw new PictureException($"{failing}: the file is damaged or cut short ({detail}); copy or download it again", inner);
        }
    }

    /// <summary>
    /// The library's image, and the streams that it reads. What the library does not know how to decode in a TIFF it sees in another way:
    /// bands in planes (which it mixes up, or refuses, in most formats) as a picture each, of which those without a meaning are left out;
    /// premultiplied colours as if no band were opacity (it would divide by that in the file's own format, which loses bits).
    /// </summary>
    static (Image Image, List<LibraryStream> Streams) Decode(string local, TiffPicture? tiff, Pipeline pipeline)
    {
        List<LibraryStream> streams = [];
        Image View(IReadOnlyDictionary<int, int?> changes, (int, int) plane)
        {
            streams.Add(pipeline.Keep(new TiffView(local, tiff!.Directory, changes, plane)));
            return pipeline.Keep(Image.TiffloadStream(streams[^1], access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));
        }
        Image As(Image image, Enums.Interpretation space) => pipeline.Keep(image.Copy(interpretation: space));
        if (tiff is { IsPlanar: true })
        {
            int[] used = [.. Enumerable.Range(0, tiff.ColorSamples), .. tiff.Opacity is var (sample, _) ? [sample] : Array.Empty<int>()];
            Image[] planes = [.. used.Select(i => View(new Dictionary<int, int?>
            {
                [TiffTag.BitsPerSample] = (int)tiff.Directory.Number(TiffTag.BitsPerSample, 1),
                [TiffTag.PhotometricInterpretation] = i == 0 && tiff.IsPalette ? TiffPicture.Palette : 1,
                [TiffTag.SamplesPerPixel] = 1,
                [TiffTag.PlanarConfiguration] = 1,
                [TiffTag.ExtraSamples] = null,
                [TiffTag.SampleFormat] = (int)tiff.Directory.Number(TiffTag.SampleFormat, 1),
            }, (i, tiff.Samples)))];
            var joined = planes.Length == 1 ? planes[0] : pipeline.Keep(planes[0].Bandjoin(planes[1..]));
            return (As(joined, tiff.ColorSamples == 4 ? Enums.Interpretation.Cmyk : Enums.Interpretation.Multiband), streams);
        }
        if (tiff is { IsLabOf8Bits: true })
        {
            // The library's own reading of it fails in version 8.18. L* goes from 0 to 255, a* and b* have a sign.
            var raw = View(new Dictionary<int, int?> { [TiffTag.PhotometricInterpretation] = 2 }, (0, 1));
            var signed = pipeline.Keep(pipeline.Keep(raw < 128.0).Ifthenelse(raw, pipeline.Keep(raw - 256.0)));
            var lightness = pipeline.Keep(pipeline.Keep(raw.ExtractBand(0)) * (100 / 255.0));
            return (As(pipeline.Keep(lightness.Bandjoin(pipeline.Keep(signed.ExtractBand(1, n: 2)))), Enums.Interpretation.Lab), streams);
        }
        if (tiff?.Directory.Numbers(TiffTag.ExtraSamples).Contains(1) ?? false)
            return (View(new Dictionary<int, int?> { [TiffTag.ExtraSamples] = null }, (0, 1)), streams);
        // A source, since the library takes brackets at the end of a file's name for options.
        var source = pipeline.Keep(Source.NewFromFile(local));
        return (pipeline.Keep(tiff is null
            ? Image.NewFromSource(source, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error)
            : Image.TiffloadSource(
                source, page: tiff.Page, subifd: tiff.SubDirectory, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error)), streams);
    }
}
