using NetVips;

namespace GpuStyle.Imaging;

/// <summary>Between planar floats in memory and the library's images.</summary>
static class PixelArrays
{
    /// <summary>The pixels of an sRGB image of 3 or 4 bands.</summary>
    public static Picture ToPicture(Image image)
    {
        int width = image.Width, height = image.Height, plane = checked(width * height);
        var picture = new Picture(width, height, new float[3L * plane], image.Bands == 4 ? new float[plane] : null);
        RowReader.Read(image, (top, rgb, alpha) =>
        {
            int count = rgb.Length / 3;
            for (int c = 0; c < 3; c++) rgb.Slice(c * count, count).CopyTo(picture.Rgb.AsSpan(c * plane + top * width));
            alpha.CopyTo(picture.Alpha.AsSpan(picture.Alpha is null ? 0 : top * width));
        });
        return picture;
    }
}
