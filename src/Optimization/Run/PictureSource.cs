using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>Takes rows of a picture, channel-major [3,n,W], from <paramref name="top"/> on.</summary>
public delegate void RowTaker(int top, ReadOnlySpan<float> rows);

/// <summary>
/// A picture that can be had at any size, again and again: planar RGB, 0..255, gamma-encoded sRGB. How it is resampled is the caller's
/// affair; asked for its own size it must give its pixels unchanged. A run asks once for each of its sizes, and keeps the pixels nowhere but on
/// its devices.
/// </summary>
/// <param name="Height">Its height at the final size of a run.</param>
/// <param name="Width">Its width at the final size of a run.</param>
/// <param name="Read">Hands over the picture at a height and width, all its rows once, in strips of any number and from whatever thread, and returns when that is done.</param>
public sealed record PictureSource(int Height, int Width, Action<int, int, RowTaker> Read)
{
    /// <summary>A picture that is made or held as an array.</summary>
    /// <param name="height">Its height at the final size of a run.</param>
    /// <param name="width">Its width at the final size of a run.</param>
    /// <param name="atSize">Height and width to pixels [3,H,W].</param>
    public PictureSource(int height, int width, Func<int, int, float[]> atSize) : this(height, width, (h, w, take) => take(0, atSize(h, w)))
    {
    }

    /// <summary>The pixels [3,H,W] at a size, in an array.</summary>
    public float[] AtSize(int height, int width)
    {
        var pixels = new float[checked(3 * height * width)];
        Read(height, width, (top, rows) =>
        {
            int count = rows.Length / 3;
            for (int c = 0; c < 3; c++) rows.Slice(c * count, count).CopyTo(pixels.AsSpan((c * height + top) * width));
        });
        return pixels;
    }

    /// <summary>A new tensor with the picture at a size.</summary>
    /// <exception cref="ArgumentException">The source gives other rows than it was asked for.</exception>
    public Tensor Upload(Device device, int height, int width)
    {
        var tensor = device.Allocate(new(3, height, width));
        try
        {
            long values = 0;
            Read(height, width, (top, rows) =>
            {
                device.UploadRows(rows, tensor, top);
                values += rows.Length;
            });
            return values == tensor.Shape.Count ? tensor : throw new ArgumentException($"A picture's source gave {values} values for {tensor.Shape}.");
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }
}
