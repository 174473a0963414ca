using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>A style picture's size at a level: it shrinks with the result, but not below what the network needs.</summary>
internal static class StyleSizes
{
    /// <summary>The picture at a level.</summary>
    public static TargetPicture At(PictureSource style, PyramidLevel level)
    {
        var (height, width) = At(style.Height, style.Width, level);
        return new(style, height, width);
    }

    /// <summary>Height and width at a level of a picture that has these at the final size.</summary>
    public static (int Height, int Width) At(int height, int width, PyramidLevel level)
    {
        int Side(int side) => Math.Max(Vgg19.MinimumSide, Pyramid.Scaled(side, level.Divisor));
        return (Side(height), Side(width));
    }
}
