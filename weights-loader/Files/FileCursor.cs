using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// Reads small pieces of a file one after the other, little-endian, and moves over large ones without reading them. What lies beyond
/// its end is a <see cref="FormatException"/> whose message continues a sentence that began with the file's name.
/// </summary>
sealed class FileCursor
{
    const int Piece = 4096;

    readonly InputFile file;
    readonly byte[] buffer;
    long bufferStart;
    int buffered;

    /// <summary>Over the bytes from <paramref name="start"/> to the one before <paramref name="end"/>.</summary>
    public FileCursor(InputFile file, long start, long end)
    {
        (this.file, Position, End) = (file, start, end);
        this.buffer = new byte[Math.Min(Piece, Math.Max(16, end - start))];
    }

    /// <summary>Over a whole file.</summary>
    public FileCursor(InputFile file) : this(file, 0, file.Length) { }

    /// <summary>The place of the next byte.</summary>
    public long Position { get; set; }

    /// <summary>The place behind the last byte.</summary>
    public long End { get; }

    /// <summary>This, moved to a place.</summary>
    public FileCursor At(long position)
    {
        Position = position;
        return this;
    }

    /// <summary>Moves on.</summary>
    public void Skip(long count)
    {
        Expect(count);
        Position += count;
    }

    /// <summary>Throws unless as many bytes are left.</summary>
    public void Expect(long count)
    {
        if (count >= 0 && Position <= End && count <= End - Position) return;
        throw new FormatException(End == this.file.Length && count >= 0
            ? $"is cut short: it has {this.file.Length} bytes and speaks of {(decimal)Position + count}; copy or download it again"
            : $"is damaged: what byte {Position} begins does not fit in its place; copy or download it again");
    }

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    /// <summary>A text of so many bytes.</summary>
    public string Text(long count, Encoding encoding, DescriptionBudget budget)
    {
        Expect(count);
        budget.Take(64 + (2 * count));
        if (count <= this.buffer.Length) return encoding.GetString(Take((int)count));
        budget.Take(count);
        var bytes = new byte[count];
        this.file.Read(bytes, Position);
        Position += count;
        return encoding.GetString(bytes);
    }

    ReadOnlySpan<byte> Take(int count)
    {
        Expect(count);
        if (Position < this.bufferStart || Position + count > this.bufferStart + this.buffered)
        {
            (this.bufferStart, this.buffered) = (Position, (int)Math.Min(this.buffer.Length, End - Position));
            this.file.Read(this.buffer.AsSpan(0, this.buffered), Position);
        }
        var bytes = this.buffer.AsSpan((int)(Position - this.bufferStart), count);
        Position += count;
        return bytes;
    }
}
