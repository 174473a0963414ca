namespace GpuStyle.Imaging;

/// <summary>What is known of a picture file before it is used.</summary>
/// <param name="Width">Pixels in a row, upright, at the file's own size.</param>
/// <param name="Height">Rows, likewise.</param>
/// <param name="Notes">What reading changes, drops or guesses: one plain line each, which names the file.</param>
/// <param name="FromCamera">Whether the file says which camera or exposure made it (EXIF).</param>
public sealed record PictureInfo(int Width, int Height, IReadOnlyList<string> Notes, bool FromCamera);
