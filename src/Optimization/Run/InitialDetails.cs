using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// What a run with <see cref="InitKind.Details"/> starts from, and what it adds between sizes: the content without what is left of it at
/// half the size, the finest level of its Laplacian pyramid.
/// </summary>
internal static class InitialDetails
{
    /// <summary>A picture of the styles' mean color with the content's details.</summary>
    public static Tensor Around(Device device, TransferPictures pictures, PyramidLevel level)
    {
        if (pictures.Styles.Count == 0)
            throw new RequestException("There is no style picture whose color could be started from; start from noise.");
        var picture = device.Allocate(new(3, level.Height, level.Width));
        try
        {
            foreach (var style in pictures.Styles) AddMean(device, StyleSizes.At(style, level), 1.0 / pictures.Styles.Count,
                picture);
            Add(device, pictures, level, picture);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    /// <summary>Adds the content's details at a size to a picture of that size.</summary>
    public static void Add(Device device, TransferPictures pictures, PyramidLevel level, Tensor picture)
    {
        var source = pictures.Content
            ?? throw new RequestException("There is no content picture whose details could be started from; start from noise.");
        using var content = source.Upload(device, level.Height, level.Width);
        using var rest = Smooth(device, content);
        device.Vectors.Combine([picture, content, rest], [1, 1, -1], picture);
    }

    /// <summary>A picture halved and enlarged again.</summary>
    public static Tensor Smooth(Device device, Tensor picture)
    {
        using var half = device.Allocate(new(3, Math.Max(1, picture.Shape.Height / 2), Math.Max(1, picture.Shape.Width / 2)));
        device.Resampling.Resize(picture, half);
        var smooth = device.Allocate(picture.Shape);
        try
        {
            device.Resampling.Resize(half, smooth);
            return smooth;
        }
        catch
        {
            smooth.Dispose();
            throw;
        }
    }

    /// <summary>Adds a share of a style's mean color everywhere.</summary>
    static void AddMean(Device device, TargetPicture style, double share, Tensor picture)
    {
        using var pixels = style.Source.Upload(device, style.Height, style.Width);
        using var sums = device.Allocate(IMoments.Vector(3));
        device.Moments.Accumulate(pixels, null, Region.All(pixels.Shape), sums);
        device.Upload([.. device.Download(sums).Select(s => (float)(share * s / pixels.Shape.Positions))], sums);
        device.Moments.Spread(sums, null, Region.All(picture.Shape), picture);
    }
}
