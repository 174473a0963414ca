using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Makes small HDF5 files: superblock 0 with groups as symbol tables, or superblock 2 with links in the groups' headers.</summary>
sealed class Hdf5Samples
{
    const long Undefined = -1;

    public static readonly byte[] Float32 = Float(4, 23, 8, 23), Float64 = Float(8, 52, 11, 52), Float16 = Float(2, 10, 5, 10),
        Unsigned16 = [0x10, 0, 0, 0, .. Int(2), 0, 0, 16, 0], Reference = [0x17, 0, 0, 0, .. Int(8)];

    readonly bool modern;
    readonly int userBlock;
    readonly List<byte> bytes = [];

    public Hdf5Samples(bool modern = false, byte[]? userBlock = null)
    {
        (this.modern, this.userBlock) = (modern, userBlock?.Length ?? 0);
        this.bytes.AddRange(userBlock ?? []);
        this.bytes.AddRange(new byte[96]); // the superblock, once the rest is known
    }

    public static byte[] Float(int size, byte exponentAt, byte exponent, byte mantissa, bool bigEndian = false) =>
        [0x11, (byte)(bigEndian ? 0x21 : 0x20), (byte)((8 * size) - 1), 0, .. Int(size), 0, 0, (byte)(8 * size), 0, exponentAt, exponent, 0, mantissa, 0, 0, 0, 0];

    public static byte[] Bytes(params float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    public static byte[] Shuffled(byte[] values, int size) =>
        [.. Enumerable.Range(0, size).SelectMany(part => Enumerable.Range(0, values.Length / size).Select(i => values[(i * size) + part]))];

    public static byte[] Deflated(byte[] values)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(values);
        return packed.ToArray();
    }

    /// <summary>The whole file, of which the object at <paramref name="root"/> is the root group.</summary>
    public byte[] File(long root)
    {
        byte[] file = [.. this.bytes];
        byte[] start = [0x89, .. "HDF\r\n"u8, 0x1A, (byte)'\n'], rest = [.. Long(this.userBlock), .. Long(Undefined), .. Long(file.Length)];
        byte[] superblock = this.modern
            ? [.. start, 2, 8, 8, 0, .. rest, .. Long(root), 0, 0, 0, 0]
            : [.. start, 0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0, .. rest, .. Long(Undefined), .. Long(0), .. Long(root), .. new byte[24]];
        superblock.CopyTo(file, this.userBlock);
        return file;
    }

    public long Add(params byte[] structure)
    {
        this.bytes.AddRange(new byte[-this.bytes.Count & 7]);
        this.bytes.AddRange(structure);
        return this.bytes.Count - structure.Length - this.userBlock;
    }

    public long Group(params (string Name, long Address)[] links) => Group([], links);

    public long Group((string, string)[] attributes, params (string Name, long Address)[] links)
    {
        var texts = attributes.Select(pair => Attribute(pair.Item1, pair.Item2));
        if (this.modern)
            return Header([.. texts, (0x02, [0, 0, .. Long(Undefined), .. Long(Undefined)]), .. links.Select(link => (0x06, (byte[])[1, 0, (byte)link.Name.Length, .. Encoding.UTF8.GetBytes(link.Name), .. Long(link.Address)]))]);
        var names = new List<byte>(new byte[8]);
        var symbols = new List<byte>();
        foreach (var (name, address) in links)
        {
            symbols.AddRange([.. Long(names.Count), .. Long(address), .. new byte[24]]);
            names.AddRange([.. Encoding.UTF8.GetBytes(name), 0]);
        }
        long heap = Add([.. "HEAP"u8, 0, 0, 0, 0, .. Long(names.Count), .. Long(Undefined), .. Long(Add([.. names]))]);
        long node = Add([.. "SNOD"u8, 1, 0, (byte)links.Length, 0, .. symbols]);
        long tree = Add([.. "TREE"u8, 0, 0, 1, 0, .. Long(Undefined), .. Long(Undefined), .. Long(0), .. Long(node), .. Long(8)]);
        return Header([.. texts, (0x11, [.. Long(tree), .. Long(heap)])]);
    }

    /// <summary>A group of the new form whose links lie in a heap of one block, found through an index of one leaf.</summary>
    public long DenseGroup(params (string Name, long Address)[] links)
    {
        const int Block = 512, Node = 512;
        var block = new List<byte>([.. "FHDB"u8, 0, .. Long(0), .. Int(0)]);
        var records = new List<byte>();
        foreach (var (name, address) in links)
        {
            byte[] link = [1, 0, (byte)name.Length, .. Encoding.UTF8.GetBytes(name), .. Long(address)];
            records.AddRange([0, 0, 0, 0, 0, .. Int(block.Count), (byte)link.Length, 0]);
            block.AddRange(link);
        }
        long root = Add([.. block, .. new byte[Block - block.Count]]);
        long heap = Add([.. "FRHP"u8, 0, 7, 0, 0, 0, 0, .. Int(4096), .. Long(0), .. Long(Undefined), .. Long(0), .. Long(Undefined), .. new byte[64],
            4, 0, .. Long(Block), .. Long(65536), 32, 0, 1, 0, .. Long(root), 0, 0, 0, 0, 0, 0]);
        long leaf = Add([.. "BTLF"u8, 0, 5, .. records, .. new byte[Node - 6 - records.Count]]);
        long index = Add([.. "BTHD"u8, 0, 5, .. Int(Node), 11, 0, 0, 0, 100, 40, .. Long(leaf), (byte)links.Length, 0, .. Long(links.Length), 0, 0, 0, 0]);
        return Header((0x02, [0, 0, .. Long(heap), .. Long(index)]));
    }

    public long Contiguous(byte[] type, long[] shape, byte[] values, params (string, string)[] attributes) =>
        Dataset(type, shape, [3, 1, .. Long(Add(values)), .. Long(values.Length)], null, attributes);

    public long Compact(byte[] type, long[] shape, byte[] values, params (string, string)[] attributes) =>
        Dataset(type, shape, [3, 0, (byte)values.Length, (byte)(values.Length >> 8), .. values], null, attributes);

    /// <summary>Chunks of equal shape; filters are deflate (1), shuffle (2) and the checksum (3).</summary>
    public long Chunked(byte[] type, long[] shape, int[] chunk, int[] filters, params (long[] Offset, byte[] Values)[] chunks)
    {
        int size = type[4];
        var entries = new List<byte>();
        foreach (var (offset, values) in chunks)
            entries.AddRange([.. Int(values.Length), .. Int(0), .. offset.SelectMany(Long), .. Long(0), .. Long(Add(values))]);
        long tree = Add([.. "TREE"u8, 1, 0, (byte)chunks.Length, 0, .. Long(Undefined), .. Long(Undefined), .. entries, .. new byte[16 + (8 * shape.Length)]]);
        byte[] pipeline = [1, (byte)filters.Length, 0, 0, 0, 0, 0, 0, .. filters.SelectMany(f => (byte[])[(byte)f, 0, 0, 0, 0, 0, 1, 0, .. Int(size), 0, 0, 0, 0])];
        return Dataset(type, shape, [3, 2, (byte)(shape.Length + 1), .. Long(tree), .. chunk.SelectMany(Int), .. Int(size)], filters.Length == 0 ? null : pipeline, []);
    }

    public long Dataset(byte[] type, long[] shape, byte[] layout, byte[]? filters = null, params (string, string)[] attributes) => Header(
        [(0x01, [1, (byte)shape.Length, 0, 0, 0, 0, 0, 0, .. shape.SelectMany(Long)]), (0x03, type), (0x08, layout),
        .. filters is null ? Array.Empty<(int, byte[])>() : [(0x0B, filters)], .. attributes.Select(pair => Attribute(pair.Item1, pair.Item2))]);

    static (int, byte[]) Attribute(string name, string text) => (0x0C,
    [
        1, 0, (byte)(name.Length + 1), 0, 8, 0, 8, 0, .. Encoding.UTF8.GetBytes(name.PadRight((name.Length + 8) & ~7, '\0')),
        0x13, 0, 0, 0, .. Int(text.Length), 1, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text),
    ]);

    public long Header(params (int Kind, byte[] Data)[] messages)
    {
        if (!this.modern)
        {
            byte[] all = [.. messages.SelectMany(m => (byte[])[(byte)m.Kind, 0, (byte)((m.Data.Length + 7) & ~7), (byte)((m.Data.Length + 7) >> 8), 0, 0, 0, 0, .. m.Data, .. new byte[-m.Data.Length & 7]])];
            return Add([1, 0, (byte)messages.Length, 0, .. Int(1), .. Int(all.Length), .. new byte[4], .. all]);
        }
        // The second half in a continuation, as when a header grew.
        byte[] first = Modern(messages[..(messages.Length / 2)]), second = Modern(messages[(messages.Length / 2)..]);
        long more = Add([.. "OCHK"u8, .. second, 0, 0, 0, 0]);
        first = [.. first, 0x10, 16, 0, 0, .. Long(more), .. Long(second.Length + 8)];
        return Add([.. "OHDR"u8, 2, 2, .. Int(first.Length), .. first, 0, 0, 0, 0]);

        static byte[] Modern((int Kind, byte[] Data)[] messages) =>
            [.. messages.SelectMany(m => (byte[])[(byte)m.Kind, (byte)m.Data.Length, (byte)(m.Data.Length >> 8), 0, .. m.Data])];
    }

    public static byte[] Int(int value) => BitConverter.GetBytes(value);

    public static byte[] Long(long value) => BitConverter.GetBytes(value);
}
