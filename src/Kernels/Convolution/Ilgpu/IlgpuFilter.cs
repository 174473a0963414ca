namespace GpuStyle.Kernels;

/// <summary>
/// A convolution's weights on an ILGPU device, packed twice: for the forward pass, and rotated and transposed for the data
/// gradient, which then is a convolution too. Packed by the host.
/// <code>
/// to features: [channel tile][tap][c][tile]      to up to three planes: [tap][c][4]      bias: [K], padded to whole tiles
/// </code>
/// Incoming channels c are padded like the layout of the tensor they are read from; weights of padding are 0.
/// </summary>
internal sealed class IlgpuFilter : Filter
{
    public IlgpuFilter(IlgpuDevice device, int outputChannels, int inputChannels, float[] kernel, ReadOnlySpan<float> bias)
        : base(outputChannels, inputChannels)
    {
        if (kernel.Length != 9L * outputChannels * inputChannels || bias.Length != outputChannels)
            throw new ArgumentException($"{kernel.Length} weights and {bias.Length} biases do not fit {inputChannels} to {outputChannels} channels.", nameof(kernel));
        int k = outputChannels, c = inputChannels;
        try
        {
            Forward = Pack(device, c, k, (from, to, tap) => kernel[(to * c + from) * 9 + tap]);
            Backward = Pack(device, k, c, (from, to, tap) => kernel[(from * c + to) * 9 + 8 - tap]);
            Bias = new(device, RoundUp(k, device.ChannelTile));
            Bias.Write(bias);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IlgpuStorage Forward { get; }

    public IlgpuStorage Backward { get; }

    public IlgpuStorage Bias { get; }

    public override void Dispose()
    {
        // Not all are there if their allocation failed.
        Forward?.Dispose();
        Backward?.Dispose();
        Bias?.Dispose();
    }

    /// <summary>Device storage of such a filter.</summary>
    public static long StorageBytes(IlgpuDevice device, int outputChannels, int inputChannels)
    {
        long Packed(int from, int to)
        {
            var (tiles, _, _, size) = Sizes(device, from, to);
            return IlgpuStorage.Bytes((long)tiles * size);
        }
        return Packed(inputChannels, outputChannels) + Packed(outputChannels, inputChannels) + IlgpuStorage.Bytes(RoundUp(outputChannels, device.ChannelTile));
    }

    /// <summary>Tiles of outgoing channels, channels of a tile, incoming channels with padding, values of a tile.</summary>
    static (int Tiles, int Tile, int Padded, int Size) Sizes(IlgpuDevice device, int from, int to)
    {
        int tile = to > Layout.MostPlanes ? device.ChannelTile : 4, padded = from > Layout.MostPlanes ? RoundUp(from, device.ChannelTile) : from;
        return (RoundUp(to, tile) / tile, tile, padded, checked(9 * padded * tile));
    }

    static IlgpuStorage Pack(IlgpuDevice device, int from, int to, Func<int, int, int, float> weight)
    {
        var (tiles, tile, padded, size) = Sizes(device, from, to);
        var packed = new float[checked(tiles * size)];
        Parallel.For(0, tiles, t =>
        {
            int width = Math.Min(tile, to - t * tile);
            for (int tap = 0; tap < 9; tap++)
                for (int c = 0; c < from; c++)
                    for (int k = 0; k < width; k++)
                        packed[t * size + (tap * padded + c) * tile + k] = weight(c, t * tile + k, tap);
        });
        var storage = new IlgpuStorage(device, packed.Length);
        storage.Write<float>(packed);
        return storage;
    }

    static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
