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

    /// <summary>The size of a picture whose longest side is <paramref name="size"/>, from the file's header alone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">Longest side; 0 for the picture's own size.</param>
    /// <param name="option">The option that the size comes from, for messages.</param>
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

    /// <summary>A size of a result that tiles if the settings say so, of any other as it is; says so if it is another one.</summary>
    public static (int Width, int Height) Tiled((int Width, int Height) size, TransferSettings settings)
    {
        int unit = Pyramid.SideUnit(settings);
        var fitted = (Width: Pyramid.Fitted(size.Width, unit), Height: Pyramid.Fitted(size.Height, unit));
        if (fitted != size)
            Terminal.SayOnce($"--tile: {size.Width}x{size.Height} becomes {fitted.Width}x{fitted.Height}, "
                + $"since the sides of a texture that tiles are multiples of {unit} px here.");
        return fitted;
    }

    /// <summary>A picture that will have this size, read at no more than its own.</summary>
    public static PictureInput Reduced(string path, (int Width, int Height) size)
    {
        var (width, height) = PictureFile.ReadSize(path);
        int longest = Math.Max(size.Width, size.Height);
        return new PictureInput(path, longest < Math.Max(width, height) ? longest : 0).At(size.Width, size.Height);
    }

    /// <summary>Says before the run whether <c>--scales</c> begins at a size that the network can take.</summary>
    public static void CheckScales((int Width, int Height) size, TransferSettings settings)
    {
        try
        {
            Pyramid.Levels(size.Height, size.Width, settings);
        }
        catch (RequestException e)
        {
            throw new UserErrorException($"--scales: {e.Message}");
        }
    }

    /// <summary>The picture at any size, resampled in linear light.</summary>
    public static PictureSource Source(this Picture picture) => new(picture.Height, picture.Width, (height, width) => PictureFile.Resize(picture, width, height).Rgb);

    /// <summary>The picture with the mean of others' histograms of red, green and blue, in proportion.</summary>
    public static Picture WithHistogramsOf(this Picture picture, IEnumerable<(ColourStatistics Statistics, double Share)> others) =>
        ColourTransfer.Histogram(ColourStatistics.Of(picture, ColourSpace.Rgb), others).Of(picture);

    /// <summary>The picture on a device, at its own size.</summary>
    public static Tensor Upload(this PictureSource picture, Device device) => picture.Upload(device, picture.Height, picture.Width);
}
