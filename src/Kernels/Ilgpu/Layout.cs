namespace GpuStyle.Kernels;

/// <summary>
/// How a tensor lies in an ILGPU device's memory: [Images][Height][Width][Inner]. Features are channels-last, one image whose
/// Inner channels are padded to whole tiles; pictures and matrices (up to three channels) are planar, an image per channel and
/// Inner = 1. Padded channels always hold 0: uploads write zeros and every operation maps zeros to zeros.
/// </summary>
internal readonly record struct Layout(int Images, int Height, int Width, int Inner)
{
    /// <summary>Tensors of at most this many channels are planar.</summary>
    public const int MostPlanes = 3;

    public static Layout Of(Shape shape, int channelTile) => shape.Channels <= MostPlanes
        ? new(shape.Channels, shape.Height, shape.Width, 1)
        : new(1, shape.Height, shape.Width, checked((shape.Channels + channelTile - 1) / channelTile * channelTile));

    /// <summary>Whether channels lie side by side at each position.</summary>
    public bool ChannelsLast => Inner > 1;

    /// <summary>Rows of all images.</summary>
    public int Rows => checked(Images * Height);

    /// <summary>Values in a row.</summary>
    public int RowLength => checked(Width * Inner);

    /// <summary>Values stored, padding included.</summary>
    public long Count => (long)Rows * RowLength;

    /// <summary>Channel-major values into this layout; the padding becomes 0.</summary>
    public void Pack(ReadOnlySpan<float> values, int channels, Span<float> packed)
    {
        packed.Clear();
        int plane = checked(Height * Width);
        for (int c = 0; c < channels; c++)
        {
            var from = values.Slice(c * plane, plane);
            if (ChannelsLast)
                for (int p = 0; p < from.Length; p++) packed[p * Inner + c] = from[p];
            else
                from.CopyTo(packed[(c * plane)..]);
        }
    }

    /// <summary>Values of this layout, channel-major.</summary>
    public void Unpack(ReadOnlySpan<float> packed, int channels, Span<float> values)
    {
        int plane = checked(Height * Width);
        for (int c = 0; c < channels; c++)
        {
            var to = values.Slice(c * plane, plane);
            if (ChannelsLast)
                for (int p = 0; p < to.Length; p++) to[p] = packed[p * Inner + c];
            else
                packed.Slice(c * plane, plane).CopyTo(to);
        }
    }
}
