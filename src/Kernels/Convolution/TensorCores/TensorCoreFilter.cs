namespace GpuStyle.Kernels;

/// <summary>
/// A convolution's weights for tensor cores, packed for both directions as <see cref="TensorCoreConvolution"/> wants them, and rounded or
/// scaled and rounded to operands by the host. The first layer's, which meet planes, are those of an <see cref="IlgpuFilter"/>.
/// </summary>
internal sealed class TensorCoreFilter : Filter
{
    public TensorCoreFilter(IlgpuDevice device, int outputChannels, int inputChannels, float[] kernel, ReadOnlySpan<float> bias)
        : base(outputChannels, inputChannels)
    {
        if (kernel.Length != 9L * outputChannels * inputChannels || bias.Length != outputChannels)
            throw new ArgumentException($"{kernel.Length} weights and {bias.Length} biases do not fit {inputChannels} to {outputChannels} channels.", nameof(kernel));
        int k = outputChannels, c = inputChannels;
        bool halves = device.Precision == Precision.Fp16;
        float scale = halves ? OperandScale.For(kernel.Max(Math.Abs)) : 1;
        Unscale = 1 / scale;
        try
        {
            Forward = Pack(device, c, k, halves, (from, to, tap) => scale * kernel[(to * c + from) * 9 + tap]);
            Backward = Pack(device, k, c, halves, (from, to, tap) => scale * kernel[(from * c + to) * 9 + 8 - tap]);
            Bias = new(device, Stored(device, k));
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

    /// <summary>Undoes the scale of the weights.</summary>
    public float Unscale { get; }

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
        long words = Words(Stored(device, inputChannels), Stored(device, outputChannels), device.Precision == Precision.Fp16);
        return 2 * IlgpuStorage.Bytes(words) + IlgpuStorage.Bytes(Stored(device, outputChannels));
    }

    static int Stored(IlgpuDevice device, int channels) => (channels + device.ChannelTile - 1) / device.ChannelTile * device.ChannelTile;

    static int Words(int from, int to, bool halves) => checked(TensorCoreConvolution.Taps * from * to / (halves ? 2 : 1));

    /// <summary>Weights of padding are 0.</summary>
    static IlgpuStorage Pack(IlgpuDevice device, int from, int to, bool halves, Func<int, int, int, float> weight)
    {
        const int channels = TensorCoreConvolution.PackedChannels, stepWords = channels * 4 * WarpTile.RowWords;
        int storedFrom = Stored(device, from), storedTo = Stored(device, to), perWord = halves ? 2 : 1;
        var packed = new uint[Words(storedFrom, storedTo, halves)];
        int steps = TensorCoreConvolution.Taps * storedFrom / (4 * WarpTile.RowWords * perWord);
        Parallel.For(0, storedTo / channels, block =>
        {
            float Weight(int c, int k, int tap) => c < from && k < to ? weight(c, k, tap) : 0;
            for (int step = 0; step < steps; step++)
                for (int at = 0; at < stepWords; at++)
                {
                    int tap = step % TensorCoreConvolution.Taps, chunk = step / TensorCoreConvolution.Taps;
                    var (channel, word) = WarpTile.Place(at % (4 * WarpTile.FragmentWords));
                    int k = block * channels + at / (4 * WarpTile.FragmentWords) * WarpTile.Channels + channel;
                    int c = (chunk * 4 * WarpTile.RowWords + word) * perWord;
                    packed[(block * steps + step) * stepWords + at] = halves
                        ? Half(Weight(c, k, tap)) | (Half(Weight(c + 1, k, tap)) << 16)
                        : Tf32Format.Round(BitConverter.SingleToUInt32Bits(Weight(c, k, tap)));
                }
        });
        var storage = new IlgpuStorage(device, packed.Length);
        storage.Write<uint>(packed);
        return storage;
    }

    static uint Half(float value) => BitConverter.HalfToUInt16Bits((Half)value);
}
