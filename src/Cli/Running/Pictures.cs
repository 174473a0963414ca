using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Pictures from files for a run, checked before anything is computed.</summary>
internal static class Pictures
{
    /// <summary>Longest side when <c>--size</c> is not given.</summary>
    public const int DefaultSize = 512;

    /// <summary>A picture whose longest side is <paramref name="size"/>; 0 keeps its own size, pixels untouched.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">Longest side.</param>
    /// <param name="option">The option that the size comes from, for messages.</param>
    public static Picture Load(string path, int size, string option = "--size")
    {
        Fitted(path, size, option);
        return PictureFile.Load(path, new() { Size = size });
    }

    /// <summary>The size that <see cref="Load"/> would give, from the file's header alone.</summary>
    public static (int Width, int Height) Fitted(string path, int size, string option = "--size")
    {
        var (width, height) = PictureFile.ReadSize(path);
        if (Math.Min(width, height) < Vgg19.MinimumSide)
            throw new UserErrorException($"{path} is {width}x{height}; both sides must be at least {Vgg19.MinimumSide} px, use a larger picture.");
        var fitted = PictureSize.Fit(width, height, size);
        if (Math.Min(fitted.Width, fitted.Height) < Vgg19.MinimumSide)
            throw new UserErrorException($"{option} {size} makes {path} {fitted.Width}x{fitted.Height}; both sides must be at least {Vgg19.MinimumSide} px, use a larger {option}.");
        return fitted;
    }

    /// <summary>Says before the run whether <c>--scales</c> begins at a size that the network can take.</summary>
    public static void CheckScales((int Width, int Height) size, TransferSettings settings)
    {
        try
        {
            Pyramid.Levels(size.Height, size.Width, settings.Scales, settings.Optimizer.Iterations);
        }
        catch (ArgumentException e)
        {
            throw new UserErrorException($"--scales: {e.Message}");
        }
    }

    /// <summary>The picture at any size, resampled in linear light, in other colours if there is a map.</summary>
    public static PictureSource Source(this Picture picture, ColourMap? colours = null) =>
        new(picture.Height, picture.Width, (height, width) => PictureFile.Resize(picture, width, height).In(colours).Rgb);

    /// <summary>The picture in other colours, if there is a map.</summary>
    public static Picture In(this Picture picture, ColourMap? colours) => colours is null ? picture : colours.Of(picture);

    /// <summary>The picture's pixels with the mean of others' histograms of red, green and blue, in proportion.</summary>
    public static float[] WithHistogramsOf(this Picture picture, IEnumerable<(Picture Picture, double Share)> others) =>
        ColourTransfer.Histogram(ColourStatistics.Of(picture, ColourSpace.Rgb), others.Select(o => (ColourStatistics.Of(o.Picture, ColourSpace.Rgb), o.Share))).Of(picture).Rgb;

    /// <summary>The picture on a device.</summary>
    public static Tensor Upload(this Picture picture, Device device) => device.Allocate(new(3, picture.Height, picture.Width), picture.Rgb);

    /// <summary>The picture stretched to a size.</summary>
    public static Picture At(this Picture picture, int width, int height) => PictureFile.Resize(picture, width, height);
}
