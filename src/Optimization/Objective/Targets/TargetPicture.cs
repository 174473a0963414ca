using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>A picture that targets are made of, at the size that they are made at.</summary>
/// <param name="Source">The picture.</param>
/// <param name="Height">Its height there.</param>
/// <param name="Width">Its width there.</param>
public sealed record TargetPicture(PictureSource Source, int Height, int Width)
{
    /// <summary>The picture at its own size.</summary>
    public TargetPicture(PictureSource source) : this(source, source.Height, source.Width)
    {
    }
}

/// <summary>A picture [3,H,W] for a device, which goes there once something is made of its pixels.</summary>
internal sealed class DevicePicture : IDisposable
{
    readonly Lazy<Tensor> pixels;
    readonly bool owner;

    /// <summary>One that is there, and the caller's.</summary>
    public DevicePicture(Tensor pixels) => (this.pixels, Shape) = (new(pixels), pixels.Shape);

    /// <summary>One that may go there.</summary>
    public DevicePicture(Device device, TargetPicture picture) => (pixels, owner, Shape) =
        (new(() => picture.Source.Upload(device, picture.Height, picture.Width)), true, new(3, picture.Height, picture.Width));

    public Shape Shape { get; }

    /// <summary>The picture on the device.</summary>
    public Tensor Pixels => pixels.Value;

    public void Dispose()
    {
        if (owner && pixels.IsValueCreated) pixels.Value.Dispose();
    }
}
