using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.Imaging;

/// <summary>What a file is, by its first bytes, whatever its name.</summary>
/// <param name="Format">The format, if it is one that pictures are read from: PNG, JPEG, TIFF, WebP, HEIF, GIF or SVG; else null.</param>
/// <param name="Problem">What it is instead and what to do, in the words after "it is"; null if unknown or readable.</param>
sealed record FileKind(string? Format, string? Problem = null)
{
    const string Convert = "a kind that cannot be decoded here; convert it to PNG, TIFF or JPEG";
    const string NoPicture = "no picture but ";
    const string Unpack = "; unpack it and name a picture in it";
    const string Frame = "; take a picture from it, with 'ffmpeg -i FILE -frames:v 1 frame.png' for instance";

    /// <summary>Whether it is certainly no picture.</summary>
    public bool IsNoPicture => Problem?.StartsWith(NoPicture, StringComparison.Ordinal) ?? false;

    static readonly (int At, string Start, string What)[] Pictures =
    [
        (0, "8BPS", "a Photoshop document"), (0, "gimp xcf", "a GIMP document"), (0, "v/1\x01", "an OpenEXR picture"),
        (0, "#?RADIANCE", "a Radiance HDR picture"), (0, "#?RGBE", "a Radiance HDR picture"),
        (0, "DDS ", "a DDS texture"), (0, "qoif", "a QOI picture"), (0, "SIMPLE  =", "a FITS picture"),
        (0, "\0\0\x01\0", "an icon (ICO)"), (0, "\0\0\x02\0", "a cursor (CUR)"),
        (0, "\0\0\0\x0CjP  ", "a JPEG 2000 picture"), (0, "\xFF\x4F\xFF\x51", "a JPEG 2000 picture"),
        (0, "\0\0\0\x0CJXL ", "a JPEG XL picture"), (0, "\xFF\x0A", "a JPEG XL picture"),
        (0, "II\xBC\x01", "a JPEG XR picture"), (0, "BPG\xFB", "a BPG picture"), (0, "FLIF", "a FLIF picture"),
        (0, "farbfeld", "a farbfeld picture"), (0, "\x8BJNG", "a JNG picture"), (0, "\x8AMNG", "an MNG animation"),
        (0, "AT&TFORM", "a DjVu document"), (0, "SDPX", "a DPX picture"), (0, "XPDS", "a DPX picture"),
        (0, "\x01\xDA", "an SGI picture"), (0, "\x59\xA6\x6A\x95", "a Sun raster picture"),
        (0, "\xD7\xCD\xC6\x9A", "a Windows metafile"), (40, " EMF", "a Windows metafile"), (0, "%!PS", "a PostScript document"),
        (0, "\xC5\xD0\xD3\xC6", "a PostScript document"),
        (128, "DICM", "a DICOM picture"), (0, "/* XPM", "an XPM picture"), (0, "\x0A\x05\x01", "a PCX picture"),
        (30, "mimetypeimage/openraster", "an OpenRaster document"), (30, "mimetypeapplication/x-krita", "a Krita document"),
    ];

    static readonly (int At, string Start)[] Raws =
    [
        (8, "CR\x02"), (6, "HEAPCCDR"), (4, "ftypcrx"), (0, "FUJIFILMCCD-RAW"), (0, "IIRO"), (0, "IIRS"), (0, "MMOR"), (0, "IIU\0"),
        (0, "FOVb"), (0, "\0MRM"), (0, "ARRI"), (0, "NDRW"), (8, "IIII"),
    ];

    static readonly (int At, string Start, string What)[] Others =
    [
        (0, "version https://git-lfs", "a Git LFS pointer, which stands for a file that was not fetched; run 'git lfs pull'"),
        (0, "\0\x05\x16\x07", "what macOS keeps beside a file ('._' before its name); name the file itself"),
        (0, "\0\x05\x16\0", "what macOS keeps beside a file ('._' before its name); name the file itself"),
        (0, "%PDF", "a PDF document; make a picture of its page, with 'pdftoppm -png' for instance"),
        (0, "PK\x03\x04", $"an archive (zip){Unpack}"), (0, "\x1F\x8B", $"a compressed file (gzip){Unpack}"),
        (0, "7z\xBC\xAF", $"an archive (7z){Unpack}"),
        (0, "Rar!", $"an archive (rar){Unpack}"), (0, "\u00FD7zXZ", $"a compressed file (xz){Unpack}"),
        (0, "\x28\xB5\x2F\xFD", $"a compressed file (zstd){Unpack}"),
        (0, "BZh", $"a compressed file (bzip2){Unpack}"), (257, "ustar", $"an archive (tar){Unpack}"),
        (0, "\x89HDF\r\n", "a weight file (HDF5); give it to --weights and name a picture here"),
        (0, "\x93NUMPY", "a NumPy array; save it as PNG or TIFF"),
        (8, "{\"", "a weight file (safetensors); give it to --weights and name a picture here"),
        (0, "\x1A\x45\xDF\xA3", $"a film (Matroska or WebM){Frame}"), (8, "AVI ", $"a film (AVI){Frame}"),
        (4, "ftyp", $"a film (MP4 or QuickTime){Frame}"), (4, "moov", $"a film (QuickTime){Frame}"),
    ];

    static readonly HashSet<string> HeifBrands =
        ["avif", "avis", "mif1", "mif2", "msf1", "heic", "heix", "heim", "heis", "hevc", "hevx", "miaf"];

    /// <summary>What the file of this path is.</summary>
    public static FileKind Of(string path)
    {
        using var file = File.OpenRead(path);
        var start = new byte[4096];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        bool Has(int at, string text) => start.AsSpan(Math.Min(at, start.Length)).StartsWith(Encoding.Latin1.GetBytes(text));

        if (Has(0, "\x89PNG\r\n\x1A\n")) return new("PNG");
        if (Has(0, "\xFF\xD8\xFF")) return new("JPEG", JpegProblem(file));
        if (Raws.Any(r => Has(r.At, r.Start)))
            return new(null, "a camera's raw file; develop it first, with darktable or RawTherapee for instance, and use the TIFF or JPEG");
        if (Has(0, "II*\0") || Has(0, "MM\0*") || Has(0, "II+\0") || Has(0, "MM\0+")) return new("TIFF");
        if (Has(0, "RIFF") && Has(8, "WEBP")) return new("WebP");
        if (Has(0, "GIF87a") || Has(0, "GIF89a")) return new("GIF");
        if (Has(4, "ftyp") && HeifBrand(start)) return new("HEIF");
        foreach (var (at, text, what) in Pictures)
            if (Has(at, text)) return new(null, $"{what}, {Convert}, with ImageMagick for instance: magick FILE out.png");
        if (Has(0, "BM") && start.Length > 18 && BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(14)) is >= 12 and <= 256)
            return new(null, $"a BMP picture, {Convert}, with ImageMagick for instance: magick FILE out.png");
        if (start is [(byte)'P', var kind, var space, ..] && "1234567fF".Contains((char)kind) && " \n\r\t".Contains((char)space))
            return new(null, $"a PNM picture (PBM, PGM, PPM, PFM), {Convert}, with ImageMagick for instance: magick FILE out.png");
        foreach (var (at, text, what) in Others)
            if (Has(at, text)) return new(null, NoPicture + what);
        if (start is [0x80, >= 2 and <= 5, ..])
            return new(null, NoPicture + "a weight file (a Python pickle); give it to --weights and name a picture here");
        if (!start.AsSpan().ContainsAnyExcept((byte)0))
            return new(null, "nothing but zeros, as far as it begins; a copy or download was not finished, so repeat it");
        return Text(start);
    }

    /// <summary>Of text: a drawing, a web page or anything else; or no text at all.</summary>
    static FileKind Text(byte[] start)
    {
        bool wide = start is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];
        if (!wide && start.Any(b => b < 0x20 && !"\t\n\r\f\e".Contains((char)b))) return new((string?)null);
        var encoding = !wide ? Encoding.UTF8 : start[0] == 0xFF ? Encoding.Unicode : Encoding.BigEndianUnicode;
        string text = encoding.GetString(start).TrimStart('\uFEFF').TrimStart();
        bool Begins(string with) => text.StartsWith(with, StringComparison.OrdinalIgnoreCase);
        bool Holds(string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
        if (Begins("<!DOCTYPE html") || Holds("<html") || Holds("<head>"))
            return new(null, NoPicture + "a web page; download the picture itself, not the page that shows it");
        if (Holds("<svg")) return new("SVG");
        // Bytes that are no control characters but no words either: noise.
        if (!wide && text.Count(c => c == '\uFFFD') > text.Length / 10) return new((string?)null);
        return new(null, NoPicture + (Begins("{") || Begins("[") || Begins("<")
            ? "text (JSON or XML), perhaps a server's answer; open it in an editor, and download the picture again if that is what it says"
            : "text; use PNG, JPEG, WebP, TIFF or AVIF"));
    }

    /// <summary>Whether one of the brands is one that still pictures have.</summary>
    static bool HeifBrand(byte[] start)
    {
        long end = Math.Min(start.Length, Math.Max(16, BinaryPrimitives.ReadUInt32BigEndian(start)));
        for (int at = 8; at + 4 <= end; at += at == 8 ? 8 : 4)
            if (HeifBrands.Contains(Encoding.Latin1.GetString(start, at, 4))) return true;
        return false;
    }

    /// <summary>Goes from marker to marker to the frame's header, which tells the process and the bits.</summary>
    static string? JpegProblem(FileStream file)
    {
        const string Help = $"{Convert}, with GDAL (gdal_translate FILE out.tif) or DCMTK (dcmdjpeg) for instance";
        Span<byte> segment = stackalloc byte[5];
        for (long at = 2; at + 9 < file.Length;)
        {
            file.Position = at;
            if (file.ReadAtLeast(segment, 5, throwOnEndOfStream: false) < 5 || segment[0] != 0xFF) return null;
            int marker = segment[1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }
            if (marker is 0xD9 or 0xDA) return null;
            if (marker is 0xC3 or 0xC7 or 0xCB or 0xCF or 0xF7)
                return marker == 0xF7 ? $"a JPEG-LS picture, {Help}" : $"a lossless JPEG, {Help}";
            if (marker is 0xC5 or 0xC6 or 0xCD or 0xCE) return $"a hierarchical JPEG, {Help}";
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                return segment[4] == 8 ? null : $"a JPEG of {segment[4]} bits a sample, {Help}";
            at += 2 + (marker is 0x01 or (>= 0xD0 and <= 0xD8) ? 0 : BinaryPrimitives.ReadUInt16BigEndian(segment[2..]));
        }
        return null;
    }
}
