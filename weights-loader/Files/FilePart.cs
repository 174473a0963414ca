namespace GpuStyle.WeightsLoader;

/// <summary>A part of a file, as a source of bytes that begins at 0 and as a stream for an unpacker.</summary>
sealed class FilePart(InputFile file, long start, long length) : IByteSource
{
    /// <summary>No bytes of no file.</summary>
    public static FilePart None { get; } = new(null!, 0, 0);

    /// <inheritdoc/>
    public long Length => length;

    /// <inheritdoc/>
    public void Read(Span<byte> target, long position) => file.Read(target, start + position);

    /// <summary>The part's bytes in order, from the first.</summary>
    public Stream Stream() => new PartStream(file, start, length);

    sealed class PartStream(InputFile file, long position, long left) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, left);
            file.Read(buffer[..count], position);
            position += count;
            left -= count;
            return count;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
