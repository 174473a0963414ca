using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.Imaging;

/// <summary>
/// One directory (IFD) of a TIFF file, classic or big, of either byte order, or of EXIF data, which are laid out alike. What cannot be
/// read, lies outside the file, leads back to where the reader has been or goes beyond any sensible number is left out.
/// </summary>
sealed class TiffDirectory
{
    /// <summary>
    /// What is read of a file, however much it claims to hold: directories, their depth, their entries, and values of all of them.
    /// </summary>
    const int MostDirectories = 10_000, MostDepth = 8, MostEntries = 200_000, MostValues = 1_000_000;

    /// <summary>Values of one entry that are read.</summary>
    const int MostValuesOfEntry = 64;

    static readonly HashSet<int> Read =
    [
        TiffTag.NewSubfileType, TiffTag.SubfileType, TiffTag.ImageWidth, TiffTag.ImageLength, TiffTag.BitsPerSample, TiffTag.Compression,
        TiffTag.PhotometricInterpretation, TiffTag.Make, TiffTag.Model, TiffTag.Orientation, TiffTag.SamplesPerPixel,
        TiffTag.PlanarConfiguration, TiffTag.WhitePoint, TiffTag.PrimaryChromaticities, TiffTag.InkSet, TiffTag.ExtraSamples,
        TiffTag.SampleFormat, TiffTag.SubDirectories, TiffTag.DngVersion, TiffTag.Exif, TiffTag.ExposureTime, TiffTag.Aperture,
        TiffTag.ColorSpace, TiffTag.Interoperability, TiffTag.InteroperabilityIndex,
    ];

    readonly Dictionary<int, double[]> numbers = [];
    readonly Dictionary<int, string> texts = [];

    /// <summary>All tags: type and number of their values, and where these lie; all of them in the file.</summary>
    public Dictionary<int, (int Type, long Count, long At)> Entries { get; } = [];

    /// <summary>Byte order and size of offsets.</summary>
    public (bool LittleEndian, bool Big) Layout { get; private init; }

    /// <summary>The directories that tag 330 lists, by their place in that list; null where one cannot be read.</summary>
    public List<TiffDirectory?> Children { get; } = [];

    /// <summary>The EXIF directory, if there is one.</summary>
    public TiffDirectory? Exif { get; private set; }

    /// <summary>The interoperability directory of an EXIF directory, if there is one.</summary>
    public TiffDirectory? Interoperability { get; private set; }

    /// <summary>The values of a tag, at most 64; none if the tag is absent or no number.</summary>
    public double[] Numbers(int tag) => numbers.GetValueOrDefault(tag) ?? [];

    /// <summary>The first value of a tag, or this one if the tag is absent.</summary>
    public long Number(int tag, long otherwise) =>
        Numbers(tag) is [var first, ..] && Math.Abs(first) < long.MaxValue ? (long)first : otherwise;

    /// <summary>The text of a tag, without the zero at its end; empty if it is absent.</summary>
    public string Text(int tag) => texts.GetValueOrDefault(tag) ?? "";

    /// <summary>Whether the tag is there.</summary>
    public bool Has(int tag) => Entries.ContainsKey(tag);

    /// <summary>Bytes of one value of a type; 0 for types that are unknown.</summary>
    public static int SizeOf(int type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 or 17 or 18 => 8,
        _ => 0,
    };

    /// <summary>The directories of the chain, one for each page; none if this is no TIFF.</summary>
    public static IReadOnlyList<TiffDirectory> Pages(Stream stream) => new Reader(stream).Pages();

    /// <summary>The directories of a file.</summary>
    public static IReadOnlyList<TiffDirectory> Pages(string path)
    {
        using var file = File.OpenRead(path);
        return Pages(file);
    }

    sealed class Reader(Stream stream)
    {
        readonly HashSet<long> seen = [];
        bool littleEndian, big;
        int entriesLeft = MostEntries, valuesLeft = MostValues;

        public List<TiffDirectory> Pages()
        {
            List<TiffDirectory> pages = [];
            byte[] start = Bytes(0, 16);
            if (start.Length < 8 || start is not ([(byte)'I', (byte)'I', ..] or [(byte)'M', (byte)'M', ..])) return pages;
            littleEndian = start[0] == 'I';
            long magic = Whole(start.AsSpan(2, 2));
            big = magic == 43;
            if (!(magic == 42 || big && start.Length == 16)) return pages;
            long next = big ? Whole(start.AsSpan(8, 8)) : Whole(start.AsSpan(4, 4));
            while (next != 0 && Directory(next, 0, out next) is { } page) pages.Add(page);
            return pages;
        }

        TiffDirectory? Directory(long at, int depth, out long next)
        {
            next = 0;
            if (depth > MostDepth || seen.Count >= MostDirectories || !seen.Add(at)) return null;
            int countBytes = big ? 8 : 2, entryBytes = big ? 20 : 12, offsetBytes = big ? 8 : 4;
            byte[] countOf = Bytes(at, countBytes);
            if (countOf.Length < countBytes) return null;
            long count = Whole(countOf);
            if (count < 1 || count > Math.Min(65_535, entriesLeft)) return null;
            entriesLeft -= (int)count;
            byte[] table = Bytes(at + countBytes, (int)count * entryBytes + offsetBytes);
            if (table.Length < count * entryBytes) return null;
            var directory = new TiffDirectory { Layout = (littleEndian, big) };
            for (int i = 0; i < count; i++) Entry(directory, table.AsSpan(i * entryBytes, entryBytes), at + countBytes + i * entryBytes);
            if (table.Length == count * entryBytes + offsetBytes) next = Whole(table.AsSpan(^offsetBytes..));
            foreach (double child in directory.Numbers(TiffTag.SubDirectories))
                directory.Children.Add(Directory((long)child, depth + 1, out _));
            directory.Exif = Child(TiffTag.Exif);
            directory.Interoperability = Child(TiffTag.Interoperability);
            return directory;

            TiffDirectory? Child(int tag) => directory.Number(tag, 0) is > 0 and var place ? Directory(place, depth + 1, out _) : null;
        }

        void Entry(TiffDirectory directory, ReadOnlySpan<byte> entry, long at)
        {
            int tag = (int)Whole(entry[..2]), type = (int)Whole(entry[2..4]), inline = big ? 8 : 4;
            int size = SizeOf(type);
            long count = Whole(entry.Slice(4, inline));
            if (size == 0 || count < 1) return;
            long place = count <= inline / size ? at + 4 + inline : Whole(entry[^inline..]);
            if (place < 0 || place > stream.Length || count > (stream.Length - place) / size) return;
            directory.Entries[tag] = (type, count, place);
            int taken = (int)Math.Min(count, MostValuesOfEntry);
            if (!Read.Contains(tag) || taken > valuesLeft) return;
            valuesLeft -= taken;
            byte[] data = Bytes(place, taken * size);
            if (data.Length < taken * size) return;
            if (type == 2) directory.texts[tag] = Encoding.Latin1.GetString(data).TrimEnd('\0');
            else directory.numbers[tag] = [.. Enumerable.Range(0, taken).Select(i => Value(type, data.AsSpan(i * size, size)))];
        }

        double Value(int type, ReadOnlySpan<byte> data) => type switch
        {
            5 => Whole(data[..4]) / (double)Whole(data[4..]),
            10 => (int)Whole(data[..4]) / (double)(int)Whole(data[4..]),
            11 => BitConverter.Int32BitsToSingle((int)Whole(data)),
            12 => BitConverter.Int64BitsToDouble(Whole(data)),
            6 => (sbyte)data[0],
            8 => (short)Whole(data),
            9 => (int)Whole(data),
            _ => Whole(data),
        };

        /// <summary>1, 2, 4 or 8 bytes as a number without sign; one above the largest long is none that a file could have.</summary>
        long Whole(ReadOnlySpan<byte> data) => (data.Length, littleEndian) switch
        {
            (1, _) => data[0],
            (2, true) => BinaryPrimitives.ReadUInt16LittleEndian(data),
            (2, false) => BinaryPrimitives.ReadUInt16BigEndian(data),
            (4, true) => BinaryPrimitives.ReadUInt32LittleEndian(data),
            (4, false) => BinaryPrimitives.ReadUInt32BigEndian(data),
            (_, true) => BinaryPrimitives.ReadInt64LittleEndian(data),
            (_, false) => BinaryPrimitives.ReadInt64BigEndian(data),
        };

        byte[] Bytes(long at, int count)
        {
            if (at < 0 || at >= stream.Length) return [];
            var data = new byte[Math.Min(count, stream.Length - at)];
            stream.Position = at;
            return data[..stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false)];
        }
    }
}
