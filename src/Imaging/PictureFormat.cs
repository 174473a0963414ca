using NetVips;

namespace GpuStyle.Imaging;

/// <summary>A file format that pictures are written in: what it can hold and how it is asked for.</summary>
sealed record PictureFormat(string Name, string[] Extensions, int[] Bits, bool Alpha, int LongestSide, Func<SaveOptions, VOption> Encoder)
{
    static readonly PictureFormat[] All =
    [
        new("PNG", [".png"], [8, 16], true, int.MaxValue, _ => new() { { "compression", 6 } }),
        new("JPEG", [".jpg", ".jpeg"], [8], false, 65_500, o => new()
        {
            { "Q", o.Quality ?? 95 }, { "subsample_mode", Enums.ForeignSubsample.Off }, { "optimize_coding", true },
        }),
        new("WebP", [".webp"], [8], true, 16_383, o => o.Quality is { } q
            ? new() { { "Q", q }, { "smart_subsample", true } }
            : new() { { "lossless", true }, { "exact", true } }),
        new("TIFF", [".tif", ".tiff"], [8, 16], true, int.MaxValue, _ => new()
        {
            { "compression", Enums.ForeignTiffCompression.Deflate }, { "predictor", Enums.ForeignTiffPredictor.Horizontal },
        }),
        new("AVIF", [".avif"], [8, 10, 12], true, 16_384, o => new()
        {
            { "Q", o.Quality ?? 95 }, { "bitdepth", o.Bits }, { "subsample_mode", Enums.ForeignSubsample.Off },
            // The least effort: a twentieth of the time, and files a fourteenth larger at the same quality.
            { "compression", Enums.ForeignHeifCompression.Av1 }, { "effort", 0 },
        }),
    ];

    /// <summary>The format that a file's extension names, able to hold the picture as asked.</summary>
    /// <exception cref="PictureException">No such format, or it cannot hold that depth, quality, size or text.</exception>
    public static PictureFormat For(string path, SaveOptions options, int width, int height)
    {
        string extension = Path.GetExtension(path).ToLowerInvariant();
        var format = Find(path) ?? throw new PictureException(extension.Length == 0
            ? $"cannot write '{path}': the name has no extension; use one of {Known}"
            : $"cannot write '{path}': the extension {extension} is unknown; use one of {Known}");
        if (!format.Bits.Contains(options.Bits))
            throw new PictureException($"cannot write '{path}' with {options.Bits} bits: {format.Name} holds {string.Join(" or ", format.Bits)}; " + (options.Bits == 16 ? "write .png or .tif" : "choose another depth"));
        if (options.Quality is < 1 or > 100) throw new PictureException($"cannot write '{path}' with quality {options.Quality}: choose 1 to 100");
        if (Math.Max(width, height) > format.LongestSide)
            throw new PictureException($"cannot write '{path}' with {width} x {height} pixels: {format.Name} holds sides up to {format.LongestSide}; write .png or .tif");
        if (options.Settings is { } text && System.Text.Encoding.UTF8.GetByteCount(text) > SettingsText.MaxBytes)
            throw new PictureException($"cannot write '{path}': its settings are longer than {SettingsText.MaxBytes} bytes; shorten them");
        return format;
    }

    /// <summary>The format that a file's extension names, if it is one.</summary>
    public static PictureFormat? Find(string path) => Array.Find(All, f => f.Extensions.Contains(Path.GetExtension(path).ToLowerInvariant()));

    static string Known => string.Join(' ', All.SelectMany(f => f.Extensions));
}
