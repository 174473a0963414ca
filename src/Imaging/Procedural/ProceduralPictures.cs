namespace GpuStyle.Imaging;

/// <summary>
/// Pictures made by arithmetic alone, so that a first transfer needs no file: the same on every machine (no function of the
/// platform's mathematics library is used), the same composition at every size, without noise from a random source.
/// </summary>
public static class ProceduralPictures
{
    /// <summary>A content picture: snow mountains over a lake in evening light, a house with lit windows, a boat, firs.</summary>
    /// <exception cref="ArgumentException">A side below 16 pixels.</exception>
    public static Picture Landscape(int width, int height) => Procedural.LandscapeScene.Paint(Checked(width, height)).ToPicture();

    /// <summary>A style picture: a night sky of thick, swirling brush strokes in ultramarine, turquoise, gold and cream.</summary>
    /// <exception cref="ArgumentException">A side below 16 pixels.</exception>
    public static Picture Painting(int width, int height) => Procedural.SwirlPainting.Paint(Checked(width, height)).ToPicture();

    /// <summary>Another style picture: broken tiles in reds, ochres and cream with dark joints.</summary>
    /// <exception cref="ArgumentException">A side below 16 pixels.</exception>
    public static Picture Mosaic(int width, int height) => Procedural.Mosaic.Paint(Checked(width, height)).ToPicture();

    /// <summary>A mask for <see cref="Landscape"/>, a colour for each region: sky and mountains red, the shore black, the water blue.</summary>
    /// <exception cref="ArgumentException">A side below 16 pixels.</exception>
    public static Picture LandscapeRegions(int width, int height) => Procedural.LandscapeRegions.Paint(Checked(width, height)).ToPicture();

    static Procedural.Canvas Checked(int width, int height) => width >= 16 && height >= 16
        ? new(width, height)
        : throw new ArgumentException($"{width} x {height} pixels are too few: both sides must be at least 16");
}
