using GpuStyle.Files;

namespace GpuStyle.Imaging;

/// <summary>
/// Pictures from files and into files. Every failure that has to do with a file is a <see cref="PictureException"/> of one line.
/// Safe to call from several threads; the library beneath never prints.
/// </summary>
public static class PictureFile
{
    /// <summary>
    /// Reads PNG, JPEG, WebP, TIFF, AVIF, GIF and SVG, told by their content, as sRGB: EXIF orientation applied; colour profiles, CMYK,
    /// gamma and primaries (PNG's gAMA, cHRM, cICP; AVIF's nclx; EXIF's Adobe RGB) converted; grey repeated; floating-point samples 0..1
    /// taken for linear light unless there is a profile; bands that the file gives no meaning left out. Of several pages it is the first,
    /// or the full image if that is a thumbnail. "-" is standard input; see <see cref="Local"/>. At its own size an 8-bit sRGB file comes
    /// back as exactly its integers and a 16-bit one as value / 257; a resized picture is worked out in linear light (Lanczos down, bicubic
    /// up) and clamped to 0..255.
    /// </summary>
    /// <exception cref="PictureException">Missing, unreadable, damaged, cut short, no picture, or above the limit of pixels.</exception>
    public static Picture Load(string path, LoadOptions? options = null) => PictureReader.Read(path, options ?? new());

    /// <summary>The same, row by row from the top, for pictures of which there is no more than a strip in memory.</summary>
    /// <exception cref="PictureException">As above; rows may have been handed over before.</exception>
    public static void LoadRows(string path, LoadOptions options, RowSink sink) => PictureReader.Read(path, options, sink);

    /// <summary>
    /// Writes the format that the extension names (.png .jpg .jpeg .webp .tif .tiff .avif) with an sRGB profile. Values are clamped to
    /// 0..255 and rounded. Alpha is kept; JPEG cannot hold it, so the picture is laid on white, which the report tells. The file
    /// appears complete or not at all, and one that was there before is replaced only by a complete one.
    /// </summary>
    /// <exception cref="PictureException">
    /// An unknown extension, a depth or size that the format cannot hold, no folder, no permission, a full disk, a value that is no number.
    /// </exception>
    public static SaveReport Save(string path, Picture picture, SaveOptions? options = null) =>
        SaveRows(path, PictureRows.Of(picture), options);

    /// <summary>The same from rows, asked for from top to bottom.</summary>
    /// <exception cref="PictureException">As above.</exception>
    public static SaveReport SaveRows(string path, PictureRows picture, SaveOptions? options = null) =>
        PictureWriter.Write(path, picture, options ?? new());

    /// <summary>
    /// Says, before a long run rather than after it, whether a picture of this size could be saved there: extension, depth, sides,
    /// folder and permission. Leaves nothing behind and an existing file untouched.
    /// </summary>
    /// <exception cref="PictureException">It could not, for the reason that <see cref="Save"/> would give.</exception>
    public static void CheckSave(string path, int width, int height, SaveOptions? options = null)
    {
        PictureFormat.For(path, options ?? new(), width, height);
        CheckPlace(path);
    }

    /// <summary>
    /// Says whether any file can be written there: folder and permission. Leaves nothing behind and an existing file untouched.
    /// </summary>
    /// <exception cref="PictureException">It could not; the message names the path.</exception>
    public static void CheckPlace(string path) => PictureWriter.Named(path, () => AtomicFile.Check(path));

    /// <summary>
    /// What reading this file changes, drops or guesses. The pixels are decoded only where samples are floating-point, whose
    /// range is told.
    /// </summary>
    /// <exception cref="PictureException">Missing, unreadable, no picture, or above the limit of pixels.</exception>
    public static PictureInfo Inspect(string path, LoadOptions? options = null) => PictureReader.Inspect(path, options ?? new());

    /// <summary>
    /// The full path of a regular file with the bytes of this one: itself, or a copy of what comes through a pipe ("-" or /dev/stdin, a
    /// FIFO, a shell's process substitution). A pipe is read once in a process; its copy lies in the folder for temporary files until the
    /// process exits.
    /// </summary>
    /// <exception cref="PictureException">Missing, not permitted, empty, a folder or device, or no room for the copy.</exception>
    public static string Local(string path) => LocalFile.Of(path);

    /// <summary>
    /// Whether "-" can be read. A program that was started without standard input says false: its number may be that of any other file by
    /// now.
    /// </summary>
    public static bool HasStandardInput { get; set; } = true;

    /// <summary>Whether the extension is one that pictures are written with, whatever the file holds.</summary>
    public static bool IsPictureName(string path) => PictureFormat.Find(path) is not null;

    /// <summary>Width and height in pixels as <see cref="Load"/> would give them at the file's own size. Reads the header alone.</summary>
    /// <exception cref="PictureException">Missing, unreadable, or no picture.</exception>
    public static (int Width, int Height) ReadSize(string path) => PictureReader.ReadSize(path);

    /// <summary>The settings that were saved with the picture (<see cref="SaveOptions.Settings"/>), or null.</summary>
    /// <exception cref="PictureException">Missing, unreadable, or no picture.</exception>
    public static string? ReadSettings(string path) => PictureReader.ReadSettings(path);

    /// <summary>
    /// The picture at an exact size, as <see cref="Load"/> would resize it: linear light, weighted by alpha, clamped to 0..255.
    /// At its own size it comes back as it is.
    /// </summary>
    /// <exception cref="ArgumentException">A side below 1 pixel, or arrays that do not fit the picture's sides.</exception>
    public static Picture Resize(Picture picture, int width, int height)
    {
        picture.CheckShape();
        if (width < 1 || height < 1) throw new ArgumentException($"a size of {width} x {height} pixels is not possible");
        if (picture.Width == width && picture.Height == height) return picture;
        return Vips.Try($"cannot resize to {width} x {height} pixels", () =>
        {
            using var pipeline = new Pipeline();
            var (image, stream) = RowFile.Open(PictureRows.Of(picture), bytes: false, pipeline);
            Picture? resized = null;
            LibraryStream.Guard(() => resized = PixelArrays.ToPicture(Resizing.ToSize(image, width, height, pipeline)), stream);
            return resized!;
        });
    }
}
