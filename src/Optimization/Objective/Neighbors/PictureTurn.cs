using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>Which turned forms of a painting are looked at beside itself.</summary>
public enum StyleTurns
{
    /// <summary>None.</summary>
    None,

    /// <summary>By quarters of a turn.</summary>
    Rotations,

    /// <summary>By quarters of a turn, and the mirror image of each.</summary>
    All,
}

/// <summary>A picture turned by quarters, counterclockwise, after it was mirrored or not.</summary>
internal readonly record struct PictureTurn(int Quarters, bool Mirrored)
{
    /// <summary>Whether height and width change places.</summary>
    public bool Swaps => Quarters % 2 != 0;

    /// <summary>The forms that there are.</summary>
    public static IReadOnlyList<PictureTurn> Of(StyleTurns turns) =>
        [.. Enumerable.Range(0, turns switch { StyleTurns.None => 1, StyleTurns.Rotations => 4, _ => 8 }).Select(i => new PictureTurn(i % 4, i >= 4))];

    /// <summary>The shape of a picture in this form.</summary>
    public Shape Apply(Shape picture) => Swaps ? new(picture.Channels, picture.Width, picture.Height) : picture;

    /// <summary>The picture [3,H,W] in this form.</summary>
    public Tensor Apply(Tensor picture, TensorList owned)
    {
        if (this == default) return picture;
        if (!picture.Device.HasValues) return owned.Allocate(Apply(picture.Shape));
        var (channels, height, width) = picture.Shape;
        float[] values = picture.Device.Download(picture), turned = new float[values.Length];
        int plane = height * width;
        for (int c = 0; c < channels; c++) Turn(values.AsSpan(c * plane, plane), height, width, turned.AsSpan(c * plane, plane));
        return owned.Allocate(Apply(picture.Shape), turned);
    }

    /// <summary>A mask in this form.</summary>
    public GuideMap Apply(GuideMap map)
    {
        if (this == default) return map;
        var turned = new float[map.Channel.Length];
        Turn(map.Channel, map.Height, map.Width, turned);
        return Swaps ? new(turned, map.Width, map.Height) : new(turned, map.Height, map.Width);
    }

    void Turn(ReadOnlySpan<float> plane, int height, int width, Span<float> turned)
    {
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                int from = Mirrored ? width - 1 - x : x;
                int to = Quarters switch
                {
                    0 => y * width + x,
                    1 => (width - 1 - x) * height + y,
                    2 => (height - 1 - y) * width + width - 1 - x,
                    _ => x * height + height - 1 - y,
                };
                turned[to] = plane[y * width + from];
            }
    }
}
