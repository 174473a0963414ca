namespace GpuStyle.WeightsLoader;

/// <summary>Bytes that are read by position, from several threads: a file, a part of one, or what a compressed part unpacks to.</summary>
interface IByteSource
{
    /// <summary>How many bytes there are.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="target"/> from <paramref name="position"/> on.</summary>
    /// <exception cref="WeightsException">The bytes are not there, or cannot be read or unpacked.</exception>
    void Read(Span<byte> target, long position);
}
