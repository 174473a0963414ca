namespace GpuStyle.Imaging;

/// <summary>What is known of a picture file before it is used.</summary>
/// <param name="Notes">What reading changes, drops or guesses: one plain line each, which names the file.</param>
/// <param name="FromCamera">Whether the file says which camera or exposure made it (EXIF).</param>
public sealed record PictureInfo(IReadOnlyList<string> Notes, bool FromCamera);
