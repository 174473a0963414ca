using System.Buffers.Binary;

namespace GpuStyle.Imaging;

/// <summary>
/// A TIFF file as the library is to see it: its bytes, and behind them a directory of our own, which the header points to.
/// </summary>
sealed class TiffView : LibraryStream
{
    const int TypeShort = 3;
    static readonly int[] PieceTags = [TiffTag.StripOffsets, TiffTag.StripByteCounts, TiffTag.TileOffsets, TiffTag.TileByteCounts];

    readonly FileStream file;
    readonly byte[] directory;
    readonly byte[] pointer;
    readonly int pointerAt;
    readonly long length;
    long position;

    /// <param name="path">The file.</param>
    /// <param name="original">The directory that ours is made of.</param>
    /// <param name="changes">Tags and their new values (one number of 16 bits), null for those to leave out.</param>
    /// <param name="plane">Which of how many planes the strips or tiles are to be those of; (0, 1) for all.</param>
    public TiffView(string path, TiffDirectory original, IReadOnlyDictionary<int, int?> changes, (int Index, int Count) plane)
    {
        file = File.OpenRead(path);
        length = file.Length;
        bool big = original.Layout.Big;
        int inline = big ? 8 : 4;
        byte[] Number(long value, int bytes)
        {
            var eight = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(eight, value);
            var number = eight[..bytes];
            if (!original.Layout.LittleEndian) Array.Reverse(number);
            return number;
        }
        List<byte> entries = [];
        int count = 0;
        foreach (var (tag, entry) in original.Entries.OrderBy(e => e.Key))
        {
            var (type, values, at) = (entry.Type, entry.Count, entry.At);
            byte[] value;
            if (changes.TryGetValue(tag, out int? change))
            {
                if (change is not { } number) continue;
                (type, values, value) = (TypeShort, 1, [.. Number(number, 2), .. new byte[inline - 2]]);
            }
            else
            {
                int size = TiffDirectory.SizeOf(type);
                if (PieceTags.Contains(tag))
                {
                    values /= plane.Count;
                    at += plane.Index * values * size;
                }
                value = values * size > inline ? Number(at, inline) : Bytes(at, (int)values * size, inline);
            }
            entries.AddRange([.. Number(tag, 2), .. Number(type, 2), .. Number(values, inline), .. value]);
            count++;
        }
        directory = [.. Number(count, big ? 8 : 2), .. entries, .. new byte[inline]];
        (pointer, pointerAt) = (Number(length, inline), inline);
    }

    public override bool CanSeek => true;
    public override long Length => length + directory.Length;

    public override long Position
    {
        get => position;
        set => position = value;
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        position = offset + origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => position, _ => Length };

    protected override int Give(Span<byte> buffer)
    {
        int read;
        if (position < length)
        {
            read = RandomAccess.Read(file.SafeFileHandle, buffer, position);
            for (int i = 0; i < pointer.Length; i++)
                if (pointerAt + i - position is >= 0 and var at && at < read) buffer[(int)at] = pointer[i];
        }
        else
        {
            var rest = directory.AsSpan((int)Math.Min(position - length, directory.Length));
            read = Math.Min(rest.Length, buffer.Length);
            rest[..read].CopyTo(buffer);
        }
        position += read;
        return read;
    }

    byte[] Bytes(long at, int count, int padded)
    {
        var data = new byte[padded];
        RandomAccess.Read(file.SafeFileHandle, data.AsSpan(0, count), at);
        return data;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }
}
