namespace GpuStyle.Kernels;

/// <summary>
/// Block floating point: how a packed picture's values lie in memory on every engine. Sixty-four that follow each other, in channel-major order, share a power of
/// two, the least of which the greatest of their magnitudes is less than 128 times, and each is the nearest signed byte times that, ties to even, of a magnitude of 127 at most.
/// <code>
/// words [count / 64, rounded up][16]   four signed bytes each, the first lowest; 0 behind the last value
/// scales [count / 64, rounded up]      float32
/// </code>
/// Magnitudes below 2^-120 count as that: scales and what they divide by are normal numbers.
/// </summary>
internal static class PackedFormat
{
    /// <summary>Values that share a scale, and the words that they take.</summary>
    public const int Block = 64, BlockWords = Block / 4;

    /// <summary>The greatest magnitude of a byte.</summary>
    public const float Most = 127;

    /// <summary>1.5 x 2^23: added to a float of a magnitude below 2^22 it leaves the nearest integer, ties to even, in the lowest bits.</summary>
    public const float ToInteger = 3 << 22;

    /// <summary>The exponent, as float32 stores it, of the least magnitude that has a scale of its own.</summary>
    const int LeastExponent = 127 - 120;

    /// <summary>Words of so many values; the scales lie behind them.</summary>
    public static long Words(long count) => Blocks(count) * BlockWords;

    /// <summary>Words and scales.</summary>
    public static long Size(long count) => Blocks(count) * (BlockWords + 1);

    /// <summary>Scales.</summary>
    public static long Blocks(long count) => (count + Block - 1) / Block;

    /// <summary>From the bits of the greatest magnitude those of the scale, and of what values are multiplied by to be rounded: the reciprocal.</summary>
    public static (int Scale, int Inverse) Scales(int greatest)
    {
        int exponent = Math.Max(greatest >> 23, LeastExponent);
        return ((exponent - 6) << 23, (2 * 127 + 6 - exponent) << 23);
    }
}
