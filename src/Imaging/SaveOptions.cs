namespace GpuStyle.Imaging;

/// <summary>How a picture is written.</summary>
public sealed record SaveOptions
{
    /// <summary>Bits per channel: 8 anywhere, 16 in PNG and TIFF, 10 or 12 in AVIF.</summary>
    public int Bits { get; init; } = 8;

    /// <summary>
    /// 1..100 for JPEG, WebP and AVIF. Without it JPEG and AVIF are written at 95 with full-resolution colour, and WebP without
    /// loss, since its lossy form halves the colour's resolution. PNG and TIFF never lose anything.
    /// </summary>
    public int? Quality { get; init; }

    /// <summary>
    /// Text (JSON) that travels with the picture and is read back by <see cref="PictureFile.ReadSettings"/>: in PNG a text chunk
    /// with the keyword "gpustyle", elsewhere an XMP property. At most 50,000 bytes of UTF-8.
    /// </summary>
    public string? Settings { get; init; }
}

/// <summary>What happened to a picture on its way into a file.</summary>
/// <param name="AlphaFlattened">The format holds no alpha (JPEG): the picture was laid on white.</param>
public sealed record SaveReport(bool AlphaFlattened);
