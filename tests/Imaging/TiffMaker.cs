using System.Buffers.Binary;

namespace GpuStyle.Tests.Imaging;

/// <summary>Writes TIFF files byte by byte, so that their tags say exactly what a test wants: uncompressed, classic or big, of either byte order.</summary>
internal sealed class TiffMaker(bool littleEndian = true, bool big = false)
{
    readonly List<byte> file = [];

    /// <summary>A directory: tags of 16 or 32 bits, and the pixels of each plane.</summary>
    public sealed record Page(SortedDictionary<int, long[]> Tags, byte[][] Planes)
    {
        public List<Page> Children { get; } = [];
    }

    /// <summary>A page of so many bands and bits; samples are those of each pixel side by side, or of each plane if it is planar.</summary>
    public Page Make(int width, int height, int bands, int bits, int photometric, double[] samples, bool real = false, bool signed = false, bool planar = false, int[]? extra = null)
    {
        var tags = new SortedDictionary<int, long[]>
        {
            [256] = [width],
            [257] = [height],
            [258] = [.. Enumerable.Repeat((long)bits, bands)],
            [259] = [1],
            [262] = [photometric],
            [277] = [bands],
            [278] = [height],
            [284] = [planar ? 2 : 1],
            [339] = [.. Enumerable.Repeat(real ? 3L : signed ? 2 : 1, bands)],
        };
        if (extra is not null) tags[338] = [.. extra.Select(e => (long)e)];
        byte[][] planes = [.. Enumerable.Range(0, planar ? bands : 1).Select(p => Encode(planar ? samples.Where((_, i) => i % bands == p) : samples, bits, real))];
        return new(tags, planes);
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
        long[] offsets = [.. page.Planes.Select(p =>
        {
            long at = file.Count;
            file.AddRange(p);
            return at;
        })];
        long[] children = [.. page.Children.Select(c => Directory(c, out _))];
        var tags = new SortedDictionary<int, long[]>(page.Tags) { [273] = offsets, [279] = [.. page.Planes.Select(p => (long)p.Length)] };
        if (children.Length > 0) tags[330] = children;
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

    static int Size(int tag) => tag is 254 or 256 or 257 or 273 or 278 or 279 or 330 ? 4 : 2;

    byte[] Encode(IEnumerable<double> samples, int bits, bool real)
    {
        List<byte> bytes = [];
        foreach (double v in samples)
            bytes.AddRange(Bytes(!real ? (long)v : bits == 16 ? BitConverter.HalfToInt16Bits((Half)v) : BitConverter.SingleToInt32Bits((float)v), bits / 8));
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
