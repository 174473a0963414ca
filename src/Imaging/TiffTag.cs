namespace GpuStyle.Imaging;

/// <summary>Numbers of the tags of TIFF (6.0 and its supplements), EXIF and DNG that are read or written here.</summary>
static class TiffTag
{
    public const int NewSubfileType = 254, SubfileType = 255, ImageWidth = 256, ImageLength = 257, BitsPerSample = 258, Compression = 259,
        PhotometricInterpretation = 262, Make = 271, Model = 272, StripOffsets = 273, Orientation = 274, SamplesPerPixel = 277,
        RowsPerStrip = 278, StripByteCounts = 279, PlanarConfiguration = 284, WhitePoint = 318, PrimaryChromaticities = 319,
        TileOffsets = 324, TileByteCounts = 325, SubDirectories = 330, InkSet = 332, ExtraSamples = 338, SampleFormat = 339,
        DngVersion = 50706;

    /// <summary>The directory of EXIF data, and what is read of it.</summary>
    public const int Exif = 34665, ExposureTime = 33434, Aperture = 33437, ColorSpace = 40961;

    /// <summary>The directory of EXIF's interoperability, and its one entry that is read.</summary>
    public const int Interoperability = 40965, InteroperabilityIndex = 1;
}
