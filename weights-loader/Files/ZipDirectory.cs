using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>A file in a zip archive.</summary>
/// <param name="Name">Its path in the archive.</param>
/// <param name="Method">0: stored as it is; 8: deflated.</param>
/// <param name="Packed">Its length in the archive.</param>
/// <param name="Length">Its length unpacked, as the archive says.</param>
/// <param name="Header">Where its local header lies.</param>
sealed record ZipEntry(string Name, int Method, long Packed, long Length, long Header)
{
    /// <summary>Whether the bytes lie in the archive as they are, and not encrypted or compressed.</summary>
    public bool IsStored => Method == 0 && Packed == Length;
}

/// <summary>
/// A zip archive's directory (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), zip64 too: the entries' places in the file, so
/// that a stored one can be read at any place by several threads. Checksums are not looked at.
/// </summary>
sealed class ZipDirectory
{
    const uint EndMark = 0x06054B50, Locator64Mark = 0x07064B50, End64Mark = 0x06064B50, EntryMark = 0x02014B50, LocalMark = 0x04034B50;
    const int LocalLength = 30, EndLength = 22, LocatorLength = 20, LongestComment = ushort.MaxValue, Encrypted = 99;

    readonly InputFile file;
    readonly Dictionary<string, ZipEntry> entries = new(StringComparer.Ordinal);

    ZipDirectory(InputFile file) => this.file = file;

    /// <summary>The entries by name.</summary>
    public IReadOnlyDictionary<string, ZipEntry> Entries => this.entries;

    /// <summary>Whether the first bytes are those of a zip archive.</summary>
    public static bool IsZip(ReadOnlySpan<byte> start) => start is [0x50, 0x4B, 0x03, 0x04, ..];

    /// <summary>Reads an archive's directory.</summary>
    /// <exception cref="FormatException">Cut short or damaged; the message continues "FILE ...".</exception>
    public static ZipDirectory Read(InputFile file, MemoryBudget budget)
    {
        var directory = new ZipDirectory(file);
        var (start, length, count) = FindDirectory(file);
        var cursor = new FileCursor(file, start, start + length);
        for (long i = 0; i < count; i++) directory.Add(Entry(cursor, budget));
        return directory;
    }

    /// <summary>Where an entry's bytes begin in the file; all of <see cref="ZipEntry.Packed"/> lie in it.</summary>
    public long Position(ZipEntry entry)
    {
        Span<byte> local = stackalloc byte[LocalLength];
        if (entry.Header > this.file.Length - LocalLength) throw Misplaced(entry);
        this.file.Read(local, entry.Header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(local) != LocalMark) throw Misplaced(entry);
        long position = entry.Header + LocalLength + BinaryPrimitives.ReadUInt16LittleEndian(local[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
        return position <= this.file.Length && entry.Packed <= this.file.Length - position ? position : throw Misplaced(entry);
    }

    static (long Start, long Length, long Count) FindDirectory(InputFile file)
    {
        var tail = new byte[Math.Min(file.Length, EndLength + LongestComment)];
        long tailStart = file.Length - tail.Length;
        file.Read(tail, tailStart);
        int at = tail.Length - EndLength;
        while (at >= 0 && (BitConverter.ToUInt32(tail, at) != EndMark || BitConverter.ToUInt16(tail, at + 20) > tail.Length - at - EndLength)) at--;
        if (at < 0) throw new FormatException($"is cut short: it has {file.Length} bytes and is a zip archive without an end; copy or download it again");
        var cursor = new FileCursor(file).At(tailStart + at + 10);
        long count = cursor.UInt16(), length = cursor.UInt32(), start = cursor.UInt32();
        if (count == ushort.MaxValue || length == uint.MaxValue || start == uint.MaxValue)
        {
            if (tailStart + at < LocatorLength || cursor.At(tailStart + at - LocatorLength).UInt32() != Locator64Mark) throw Damaged("it lacks its zip64 end");
            cursor.Skip(4);
            long end64 = cursor.Int64();
            if (end64 < 0 || cursor.At(end64).UInt32() != End64Mark) throw Damaged("it lacks its zip64 end");
            cursor.Skip(28);
            (count, length, start) = (cursor.Int64(), cursor.Int64(), cursor.Int64());
        }
        if (start < 0 || length < 0 || start > file.Length || length > file.Length - start) throw Damaged("its directory does not fit in it");
        return (start, length, count);
    }

    static ZipEntry Entry(FileCursor cursor, MemoryBudget budget)
    {
        if (cursor.UInt32() != EntryMark) throw Damaged("its directory is not one");
        cursor.Skip(4);
        int flags = cursor.UInt16(), method = cursor.UInt16();
        cursor.Skip(8);
        long packed = cursor.UInt32(), length = cursor.UInt32();
        int name = cursor.UInt16(), extra = cursor.UInt16(), comment = cursor.UInt16();
        cursor.Skip(8);
        long header = cursor.UInt32();
        budget.Charge(200);
        string text = cursor.Text(name, Encoding.UTF8, budget);
        long next = cursor.Position + extra + comment, extraEnd = cursor.Position + extra;
        cursor.Expect(extra + comment);
        while (cursor.Position + 4 <= extraEnd)
        {
            int kind = cursor.UInt16(), size = cursor.UInt16();
            long after = cursor.Position + size;
            if (kind == 1) // zip64: what did not fit above, in this order
            {
                if (length == uint.MaxValue) length = cursor.Int64();
                if (packed == uint.MaxValue) packed = cursor.Int64();
                if (header == uint.MaxValue) header = cursor.Int64();
            }
            cursor.Position = after;
        }
        cursor.Position = next;
        if (packed < 0 || length < 0 || header < 0) throw Damaged($"the entry {Text.Quote(text)} has a negative length");
        return new ZipEntry(text, (flags & 1) == 0 ? method : Encrypted, packed, length, header);
    }

    void Add(ZipEntry entry)
    {
        if (!this.entries.TryAdd(entry.Name, entry)) throw Damaged($"it has the entry {Text.Quote(entry.Name)} twice");
    }

    static FormatException Misplaced(ZipEntry entry) => Damaged($"the entry {Text.Quote(entry.Name)} is not where it should be");

    static FormatException Damaged(string what) => new($"is a damaged zip archive: {what}; copy or download it again");
}
