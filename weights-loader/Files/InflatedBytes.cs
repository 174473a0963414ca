using System.IO.Compression;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// What a deflated part of a file unpacks to (RFC 1951, or RFC 1950 with its header). Compressed bytes can only be unpacked from
/// their beginning, so a few unpackers are kept where they stopped: reading onwards is cheap, going back starts again.
/// </summary>
sealed class InflatedBytes : IByteSource, IDisposable
{
    /// <summary>No byte of deflated data stands for more bytes than this.</summary>
    public const int MostPerByte = 1032;

    const int Kept = 3;

    readonly InputFile file;
    readonly FilePart packed;
    readonly bool zlib;
    readonly List<Unpacker> idle = [];
    volatile bool disposed;

    /// <param name="file">The file, for messages.</param>
    /// <param name="packed">The compressed bytes.</param>
    /// <param name="length">How many bytes the file says that they unpack to; checked here against what they can, by <see cref="Prove"/> against what they do.</param>
    /// <param name="zlib">Whether they have zlib's header (RFC 1950).</param>
    public InflatedBytes(InputFile file, FilePart packed, long length, bool zlib)
    {
        (this.file, this.packed, this.zlib, Length) = (file, packed, zlib, length);
        if (length < 0 || length / MostPerByte > packed.Length)
            throw new FormatException($"claims that {packed.Length} compressed bytes stand for {length}, which no compression does; copy or download it again");
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public void Read(Span<byte> target, long position)
    {
        var unpacker = Take(position);
        try
        {
            unpacker.Skip(position);
            unpacker.Fill(target);
        }
        catch (Exception e) when (e is InvalidDataException or IOException) // zlib's own errors are IOExceptions
        {
            unpacker.Dispose();
            throw this.file.Problem(e is EndOfStreamException
                ? "holds compressed data that end too early; copy or download it again"
                : "holds compressed data that cannot be unpacked; copy or download it again", e);
        }
        Give(unpacker);
    }

    /// <summary>
    /// Unpacks without keeping, where the claimed length is beyond <paramref name="limit"/>: nobody sets memory aside on the word of
    /// a small file.
    /// </summary>
    public void Prove(long limit, DescriptionBudget budget)
    {
        if (Length <= limit) return;
        budget.Unpack(Length);
        Read(default, Length);
    }

    Unpacker Take(long position)
    {
        lock (this.idle)
        {
            int best = -1;
            for (int i = 0; i < this.idle.Count; i++)
                if (this.idle[i].Position <= position && (best < 0 || this.idle[i].Position > this.idle[best].Position)) best = i;
            if (best < 0) return new Unpacker(this.packed.Stream(), this.zlib);
            var unpacker = this.idle[best];
            this.idle.RemoveAt(best);
            return unpacker;
        }
    }

    void Give(Unpacker unpacker)
    {
        lock (this.idle)
        {
            if (this.disposed || unpacker.Position == Length) unpacker.Dispose();
            else this.idle.Add(unpacker);
            if (this.idle.Count > Kept) Drop(this.idle[0]);
        }
    }

    /// <summary>Drops the unpackers that wait: the next reading begins at the beginning.</summary>
    public void Rest()
    {
        lock (this.idle)
        {
            while (this.idle.Count > 0) Drop(this.idle[0]);
        }
    }

    void Drop(Unpacker unpacker)
    {
        unpacker.Dispose();
        this.idle.Remove(unpacker);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        this.disposed = true;
        Rest();
    }

    sealed class Unpacker(Stream packed, bool zlib) : IDisposable
    {
        readonly Stream stream = zlib ? new ZLibStream(packed, CompressionMode.Decompress) : new DeflateStream(packed, CompressionMode.Decompress);

        public long Position { get; private set; }

        public void Skip(long position)
        {
            Span<byte> nowhere = stackalloc byte[8192];
            while (Position < position) Fill(nowhere[..(int)Math.Min(nowhere.Length, position - Position)]);
        }

        public void Fill(Span<byte> target)
        {
            this.stream.ReadExactly(target);
            Position += target.Length;
        }

        public void Dispose() => this.stream.Dispose();
    }
}
