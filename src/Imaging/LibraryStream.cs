using System.Runtime.ExceptionServices;

namespace GpuStyle.Imaging;

/// <summary>
/// A stream between the library and this program. The library calls it from its own threads and knows no exceptions: what is thrown on the
/// way is kept, ends the stream, and is thrown again by <see cref="Guard"/>.
/// </summary>
abstract class LibraryStream : Stream
{
    ExceptionDispatchInfo? failure;

    /// <summary>Data that the library has written.</summary>
    protected virtual void Take(ReadOnlySpan<byte> data) => throw new NotSupportedException();

    /// <summary>Data that the library reads; 0 at the end.</summary>
    protected virtual int Give(Span<byte> buffer) => throw new NotSupportedException();

    /// <summary>Does something in which the library uses streams. What a stream threw comes before what the library says of it.</summary>
    public static void Guard(Action action, params IReadOnlyList<LibraryStream> streams)
    {
        try
        {
            action();
        }
        catch (NetVips.VipsException)
        {
            ThrowFirst();
            throw;
        }
        ThrowFirst();

        void ThrowFirst()
        {
            foreach (var stream in streams) stream.failure?.Throw();
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            if (failure is null) Take(buffer);
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return failure is null ? Give(buffer) : 0;
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
            return 0;
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
