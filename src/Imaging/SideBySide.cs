namespace GpuStyle.Imaging;

/// <summary>Several pictures on one canvas, to be looked at together.</summary>
public static class SideBySide
{
    /// <summary>
    /// The pictures from left to right at their own sizes, centred on one another's height, with a margin (pixels) around and between
    /// them in one grey level 0..255. Transparent parts show the margin's grey.
    /// </summary>
    /// <exception cref="ArgumentException">No picture, or a negative margin.</exception>
    public static Picture Compose(IReadOnlyList<Picture> pictures, int margin = 8, float background = 255)
    {
        if (pictures.Count == 0 || margin < 0) throw new ArgumentException("a canvas needs at least one picture and no negative margin");
        int width = pictures.Sum(p => p.Width + margin) + margin, height = pictures.Max(p => p.Height) + 2 * margin;
        var rgb = new float[3L * width * height];
        Array.Fill(rgb, background);
        int left = margin;
        foreach (var picture in pictures)
        {
            picture.CheckShape();
            int top = (height - picture.Height) / 2;
            for (int c = 0; c < 3; c++)
                for (int y = 0; y < picture.Height; y++)
                {
                    var source = picture.Rgb.AsSpan(c * picture.Pixels + y * picture.Width, picture.Width);
                    var target = rgb.AsSpan((c * height + top + y) * width + left, picture.Width);
                    source.CopyTo(target);
                    if (picture.Alpha is null) continue;
                    for (int x = 0; x < picture.Width; x++)
                        target[x] = background + (source[x] - background) * picture.Alpha[y * picture.Width + x];
                }
            left += picture.Width + margin;
        }
        return new(width, height, rgb);
    }
}
