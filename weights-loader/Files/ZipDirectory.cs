using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>A file in a zip archive.</summary>
/// <param name="Name">Its name, as the directory has it.</param>
/// <param name="Deflated">Whether it is deflated; else it is stored as it is.</param>
/// <param name="Position">Where its bytes begin in the archive.</param>
/// <param name="Packed">How many there are.</param>
/// <param name="Length">How many they are unpacked: a claim of the directory where <paramref name="Deflated"/>.</param>
readonly record struct ZipEntry(string Name, bool Deflated, long Position, long Packed, long Length);

/// <summary>
/// The directory of a zip archive (PKWARE's APPNOTE 6.3, with ZIP64), every field checked against the file. Only what archives of
/// arrays need: entries stored or deflated, not encrypted, on one disk.
/// </summary>
static class ZipDirectory
{
    const int EndLength = 22, LongestComment = 65535, LocatorLength = 20, End64Length = 56, EntryLength = 46, LocalLength = 30;
    const uint EndMark = 0x06054B50, LocatorMark = 0x07064B50, End64Mark = 0x06064B50, EntryMark = 0x02014B50, LocalMark = 0x04034B50;

    /// <summary>Whether a file begins as an archive with entries does.</summary>
    public static bool IsZip(ReadOnlySpan<byte> start) => start.StartsWith("PK\u0003\u0004"u8);

    /// <summary>The entries that are files, in the directory's order.</summary>
    /// <exception cref="FormatException">Cut short or malformed; the message continues "FILE ...".</exception>
    public static List<ZipEntry> Read(InputFile file)
    {
        var (position, length, count) = FindDirectory(file);
        if (position < 0 || length < 0 || position > file.Length - length || count < 0 || count > length / EntryLength) throw Malformed("directory");
        var directory = new byte[length];
        file.Read(directory, position);
        var entries = new List<ZipEntry>((int)count);
        var rest = directory.AsSpan();
        long packed = 0;
        for (long i = 0; i < count; i++)
        {
            if (rest.Length < EntryLength || Four(rest) != EntryMark) throw Malformed("directory");
            int name = Two(rest[28..]), extra = Two(rest[30..]), whole = EntryLength + name + extra + Two(rest[32..]);
            if (rest.Length < whole) throw Malformed("directory");
            if (Parse(file, rest[..(EntryLength + name + extra)], name) is { } entry)
            {
                entries.Add(entry);
                if ((packed += entry.Packed) > file.Length) throw Malformed("directory: its entries overlap");
            }
            rest = rest[whole..];
        }
        return entries;
    }

    /// <summary>An entry of the directory, or null for a folder.</summary>
    static ZipEntry? Parse(InputFile file, ReadOnlySpan<byte> entry, int nameLength)
    {
        string name = Encoding.UTF8.GetString(entry.Slice(EntryLength, nameLength));
        int flags = Two(entry[8..]), method = Two(entry[10..]);
        long packed = Four(entry[20..]), length = Four(entry[24..]), local = Four(entry[42..]);
        Widen(entry[(EntryLength + nameLength)..], ref length, ref packed, ref local);
        if (name.EndsWith('/')) return null;
        if ((flags & 1) != 0) throw new FormatException($"is an archive whose entry {Text.Quote(name)} is encrypted: unpack it and pack it again without a password");
        if (method is not (0 or 8))
            throw new FormatException($"is an archive whose entry {Text.Quote(name)} is packed by method {method}, which is not read: pack it again stored or deflated");
        if (packed < 0 || length < 0 || (method == 0 && packed != length)) throw Malformed($"entry {Text.Quote(name)}");
        Span<byte> header = stackalloc byte[LocalLength];
        if (local < 0 || local > file.Length - LocalLength) throw Cut(name);
        file.Read(header, local);
        if (Four(header) != LocalMark) throw Malformed($"entry {Text.Quote(name)}");
        long position = local + LocalLength + Two(header[26..]) + Two(header[28..]);
        if (position > file.Length - packed) throw Cut(name);
        return new ZipEntry(name, method == 8, position, packed, length);
    }

    /// <summary>ZIP64: numbers that do not fit 32 bits lie in the extra field of kind 1, in this order.</summary>
    static void Widen(ReadOnlySpan<byte> extra, ref long length, ref long packed, ref long local)
    {
        for (; extra.Length >= 4; extra = extra[(4 + Two(extra[2..]))..])
        {
            if (Two(extra[2..]) > extra.Length - 4) return;
            if (Two(extra) != 1) continue;
            var numbers = extra.Slice(4, Two(extra[2..]));
            Take(ref length, ref numbers);
            Take(ref packed, ref numbers);
            Take(ref local, ref numbers);
            return;
        }

        static void Take(ref long number, ref ReadOnlySpan<byte> numbers)
        {
            if (number != uint.MaxValue || numbers.Length < 8) return;
            number = BinaryPrimitives.ReadInt64LittleEndian(numbers);
            numbers = numbers[8..];
        }
    }

    /// <summary>Where the directory lies, how long it is and how many entries it has: from the record at the file's end.</summary>
    static (long Position, long Length, long Count) FindDirectory(InputFile file)
    {
        var end = new byte[Math.Min(file.Length, EndLength + LongestComment)];
        long start = file.Length - end.Length;
        file.Read(end, start);
        for (int at = end.Length - EndLength; at >= 0; at--)
        {
            var record = end.AsSpan(at);
            if (Four(record) != EndMark || Two(record[20..]) != record.Length - EndLength) continue;
            var found = (Position: (long)Four(record[16..]), Length: (long)Four(record[12..]), Count: (long)Two(record[10..]));
            return found.Position == uint.MaxValue || found.Length == uint.MaxValue || found.Count == ushort.MaxValue
                ? FindDirectory64(file, start + at - LocatorLength) ?? found : found;
        }
        throw new FormatException("is cut short: it is a zip archive without its directory at the end; copy or download it again");
    }

    static (long Position, long Length, long Count)? FindDirectory64(InputFile file, long locator)
    {
        Span<byte> record = stackalloc byte[End64Length];
        if (locator < 0) return null;
        file.Read(record[..LocatorLength], locator);
        if (Four(record) != LocatorMark) return null;
        long position = BinaryPrimitives.ReadInt64LittleEndian(record[8..]);
        if (position < 0 || position > file.Length - End64Length) throw Malformed("directory");
        file.Read(record, position);
        if (Four(record) != End64Mark) throw Malformed("directory");
        return (BinaryPrimitives.ReadInt64LittleEndian(record[48..]), BinaryPrimitives.ReadInt64LittleEndian(record[40..]), BinaryPrimitives.ReadInt64LittleEndian(record[32..]));
    }

    static int Two(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    static uint Four(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    static FormatException Malformed(string what) => new($"is a zip archive with a malformed {what}; copy or download it again");

    static FormatException Cut(string name) => new($"is cut short: the bytes of its entry {Text.Quote(name)} are not all there; copy or download it again");
}
