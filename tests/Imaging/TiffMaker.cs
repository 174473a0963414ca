using System.Buffers.Binary;

namespace GpuStyle.Tests.Imaging;

/// <summary>
/// Writes TIFF files byte by byte, so that their tags say exactly what a test wants: uncompressed, classic or big, of either byte order.
/// </summary>
internal sealed class TiffMaker(bool littleEndian = true, bool big = false)
{
    readonly List<byte> file = [];

    /// <summary>A directory: tags of 16 or 32 bits, and the pixels of each strip or tile, plane by plane.</summary>
    public sealed record Page(SortedDictionary<int, long[]> Tags, byte[][] Pieces)
    {
        public List<Page> Children { get; } = [];

        /// <summary>Tags of the EXIF directory.</summary>
        public SortedDictionary<int, long[]>? Exif { get; set; }
    }

    /// <summary>How pixels are cut: strips of so many rows (0: all in one), or square tiles of such a side.</summary>
    public readonly record struct Cut(int Rows = 0, int Tile = 0);

    /// <summary>A page of so many bands and bits; samples are those of each pixel side by side.</summary>
    public Page Make(
        int width, int height, int bands, int bits, int photometric, double[] samples,
        bool real = false, bool signed = false, bool planar = false, int[]? extra = null, Cut cut = default)
    {
        int rows = cut.Tile > 0 ? cut.Tile : cut.Rows > 0 ? cut.Rows : height, columns = cut.Tile > 0 ? cut.Tile : width;
        var tags = new SortedDictionary<int, long[]>
        {
            [256] = [width],
            [257] = [height],
            [258] = [.. Enumerable.Repeat((long)bits, bands)],
            [259] = [1],
            [262] = [photometric],
            [277] = [bands],
            [284] = [planar ? 2 : 1],
            [339] = [.. Enumerable.Repeat(real ? 3L : signed ? 2 : 1, bands)],
        };
        if (cut.Tile > 0) (tags[322], tags[323]) = ([columns], [rows]);
        else tags[278] = [rows];
        if (extra is not null) tags[338] = [.. extra.Select(e => (long)e)];
        List<byte[]> pieces = [];
        for (int plane = 0; plane < (planar ? bands : 1); plane++)
            for (int top = 0; top < height; top += rows)
                for (int left = 0; left < width; left += columns)
                {
                    int count = cut.Tile > 0 ? rows : Math.Min(rows, height - top);
                    pieces.Add([.. Enumerable.Range(top, count).SelectMany(y => Encode(Row(plane, y, left), bits, real))]);
                }
        return new(tags, [.. pieces]);

        // A tile goes on beyond the picture.
        IEnumerable<double> Row(int plane, int y, int left) => Enumerable.Range(left, columns).SelectMany(x =>
            Enumerable.Range(planar ? plane : 0, planar ? 1 : bands)
                .Select(b => x < width && y < height ? samples[(y * width + x) * bands + b] : 0));
    }

    /// <summary>The file's bytes.</summary>
    public byte[] File(params Page[] pages)
    {
        file.Clear();
        file.AddRange(littleEndian ? "II"u8 : "MM"u8);
        Put(big ? 43 : 42, 2);
        if (big)
        {
            Put(8, 2);
            Put(0, 2);
        }
        long next = file.Count;
        Put(0, big ? 8 : 4);
        foreach (var page in pages)
        {
            long at = Directory(page, out long itsNext);
            Set(next, at, big ? 8 : 4);
            next = itsNext;
        }
        return [.. file];
    }

    long Directory(Page page, out long next)
    {
        long[] offsets = [.. page.Pieces.Select(p =>
        {
            long at = file.Count;
            file.AddRange(p);
            return at;
        })];
        long[] children = [.. page.Children.Select(c => Directory(c, out _))];
        var tags = new SortedDictionary<int, long[]>(page.Tags);
        bool tiled = tags.ContainsKey(322);
        if (offsets.Length > 0)
            (tags[tiled ? 324 : 273], tags[tiled ? 325 : 279]) = (offsets, [.. page.Pieces.Select(p => (long)p.Length)]);
        if (children.Length > 0) tags[330] = children;
        if (page.Exif is { } exif) tags[34665] = [Directory(new(exif, []), out _)];
        int inline = big ? 8 : 4;
        Dictionary<int, long> outside = [];
        foreach (var (tag, values) in tags)
            if (values.Length * Size(tag) > inline)
            {
                outside[tag] = file.Count;
                foreach (long v in values) Put(v, Size(tag));
            }
        long start = file.Count;
        Put(tags.Count, big ? 8 : 2);
        foreach (var (tag, values) in tags)
        {
            Put(tag, 2);
            Put(Size(tag) == 2 ? 3 : 4, 2);
            Put(values.Length, inline);
            int before = file.Count;
            if (outside.TryGetValue(tag, out long at)) Put(at, inline);
            else foreach (long v in values) Put(v, Size(tag));
            while (file.Count < before + inline) file.Add(0);
        }
        next = file.Count;
        Put(0, inline);
        return start;
    }

    static int Size(int tag) => tag is 254 or 256 or 257 or 273 or 278 or 279 or (>= 322 and <= 325) or 330 or 34665 ? 4 : 2;

    /// <summary>Samples of a row; those of less than 8 bits share bytes, the first in the highest bits.</summary>
    byte[] Encode(IEnumerable<double> samples, int bits, bool real)
    {
        if (bits < 8)
            return [.. samples.Chunk(8 / bits)
                .Select(some => (byte)(some.Aggregate(0, (sum, v) => (sum << bits) | (int)v) << (8 - bits * some.Length)))];
        List<byte> bytes = [];
        foreach (double v in samples)
        {
            long value = !real ? (long)v : bits == 16 ? BitConverter.HalfToInt16Bits((Half)v) : BitConverter.SingleToInt32Bits((float)v);
            bytes.AddRange(Bytes(value, bits / 8));
        }
        return [.. bytes];
    }

    byte[] Bytes(long value, int count)
    {
        var eight = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        var bytes = eight[..count];
        if (!littleEndian) Array.Reverse(bytes);
        return bytes;
    }

    void Put(long value, int bytes) => file.AddRange(Bytes(value, bytes));

    void Set(long at, long value, int bytes)
    {
        byte[] data = Bytes(value, bytes);
        for (int i = 0; i < bytes; i++) file[(int)at + i] = data[i];
    }
}
