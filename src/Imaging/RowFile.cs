using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetVips;

namespace GpuStyle.Imaging;

/// <summary>
/// A picture's rows as a file that the library can read and nobody wrote: a plain TIFF, little-endian with 64-bit offsets (BigTIFF), whose
/// strips are made as they are read. Values are clamped and rounded to integers of 8 or 16 bits.
/// </summary>
sealed class RowFile : LibraryStream
{
    const int TypeShort = 3, TypeLong = 4, TypeLong8 = 16;

    readonly PictureRows picture;
    readonly bool bytes;
    readonly int bands, rowsOfStrip;
    readonly byte[] header, strip;
    readonly float[] values;
    long position;
    int stripNumber = -1, stripLength;

    RowFile(PictureRows picture, bool bytes)
    {
        (this.picture, this.bytes, bands) = (picture, bytes, picture.Alpha is null ? 3 : 4);
        rowsOfStrip = RowReader.RowsOfStrip(picture.Width, picture.Height);
        header = Header();
        strip = new byte[checked(rowsOfStrip * RowBytes)];
        values = new float[checked(3 * rowsOfStrip * picture.Width)];
    }

    /// <summary>An 8-bit or 16-bit sRGB image of 3 or 4 bands that asks for its rows while it is being computed, and the stream that it asks.</summary>
    public static (Image Image, LibraryStream Stream) Open(PictureRows picture, bool bytes, Pipeline pipeline)
    {
        var file = pipeline.Keep(new RowFile(picture, bytes));
        return (pipeline.Keep(Image.TiffloadStream(file, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error)), file);
    }

    public override bool CanSeek => true;
    public override long Length => header.Length + (long)picture.Height * RowBytes;

    public override long Position
    {
        get => position;
        set => position = value;
    }

    public override long Seek(long offset, SeekOrigin origin) => position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => position, _ => Length };

    int RowBytes => checked(picture.Width * bands * (bytes ? 1 : 2));

    protected override int Give(Span<byte> buffer)
    {
        if (position >= Length) return 0;
        long inPixels = position - header.Length;
        ReadOnlySpan<byte> rest = inPixels < 0 ? header.AsSpan((int)position) : Strip((int)(inPixels / strip.Length))[(int)(inPixels % strip.Length)..];
        int part = Math.Min(buffer.Length, rest.Length);
        rest[..part].CopyTo(buffer);
        position += part;
        return part;
    }

    ReadOnlySpan<byte> Strip(int number)
    {
        if (number != stripNumber)
        {
            int top = number * rowsOfStrip, plane = Math.Min(rowsOfStrip, picture.Height - top) * picture.Width;
            Read(picture.Rgb, top, plane, 3, 0, 255);
            if (picture.Alpha is { } alpha) Read(alpha, top, plane, 1, 3, 1);
            (stripNumber, stripLength) = (number, plane * bands * (bytes ? 1 : 2));
        }
        return strip.AsSpan(0, stripLength);
    }

    /// <summary>Some of a strip's bands; <paramref name="most"/> becomes the largest integer.</summary>
    void Read(RowSource source, int top, int plane, int channels, int firstBand, float most)
    {
        var rows = values.AsSpan(0, channels * plane);
        source(top, rows);
        var words = MemoryMarshal.Cast<byte, ushort>(strip.AsSpan());
        float scale = (bytes ? 255 : 65535) / most;
        for (int channel = 0; channel < channels; channel++)
            for (int i = 0, to = firstBand + channel; i < plane; i++, to += bands)
            {
                float value = rows[channel * plane + i];
                if (float.IsNaN(value)) throw new ArithmeticException($"the value at pixel ({i % picture.Width}, {top + i / picture.Width}) is no number");
                float level = MathF.Round(Math.Clamp(value, 0, most) * scale);
                if (bytes) strip[to] = (byte)level;
                else words[to] = (ushort)level;
            }
    }

    /// <summary>The file up to its first strip: the directory, then where each strip begins and how long it is.</summary>
    byte[] Header()
    {
        int strips = (picture.Height + rowsOfStrip - 1) / rowsOfStrip, bits = bytes ? 8 : 16;
        long bitsOfBands = 0;
        for (int b = 0; b < bands; b++) bitsOfBands = (bitsOfBands << 16) + bits;
        const int DirectoryAt = 16, EntryBytes = 20;
        (int Tag, int Type, int Count, long Value)[] entries =
        [
            (256, TypeLong, 1, picture.Width), (257, TypeLong, 1, picture.Height), (258, TypeShort, bands, bitsOfBands),
            (259, TypeShort, 1, 1) /* not compressed */, (262, TypeShort, 1, 2) /* RGB */, (273, TypeLong8, strips, 0), (277, TypeShort, 1, bands),
            (278, TypeLong, 1, rowsOfStrip), (279, TypeLong8, strips, 0), (284, TypeShort, 1, 1) /* bands side by side */, (338, TypeShort, 1, 2) /* opacity */,
        ];
        if (bands == 3) entries = entries[..^1];
        int tablesAt = DirectoryAt + 8 + entries.Length * EntryBytes + 8, end = tablesAt + 2 * 8 * strips;
        var file = new byte[end];
        void Put(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at), value);
        "II\x2b\0\x08\0\0\0"u8.CopyTo(file);
        Put(8, DirectoryAt);
        Put(DirectoryAt, entries.Length);
        for (int i = 0; i < strips; i++)
        {
            Put(tablesAt + 8 * i, end + (long)i * rowsOfStrip * RowBytes);
            Put(tablesAt + 8 * (strips + i), Math.Min(rowsOfStrip, picture.Height - i * rowsOfStrip) * (long)RowBytes);
        }
        for (int i = 0; i < entries.Length; i++)
        {
            var (tag, type, count, value) = entries[i];
            int at = DirectoryAt + 8 + i * EntryBytes;
            if (tag is 273 or 279)
            {
                int table = tablesAt + (tag == 273 ? 0 : 8 * strips);
                value = strips == 1 ? BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(table)) : table;
            }
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), (ushort)tag);
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at + 2), (ushort)type);
            Put(at + 4, count);
            Put(at + 12, value);
        }
        return file;
    }
}
