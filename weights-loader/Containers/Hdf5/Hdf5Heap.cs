using System.Numerics;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// A fractal heap (section III.G), in which large groups of the new form keep their links: blocks in rows, the first two rows of one
/// size and each later row of twice the size. Unfiltered heaps of direct blocks, which hold half a megabyte of names.
/// </summary>
sealed class Hdf5Heap
{
    const int MostBlocks = 1024;

    readonly Hdf5Space space;
    readonly int offsetSize, lengthSize;
    readonly List<(long Start, long Size, long Address)> blocks = [];

    /// <summary>Reads the heap's header and finds its blocks.</summary>
    public Hdf5Heap(Hdf5Space space, long address)
    {
        this.space = space;
        var header = space.Read(address, 22 + (12 * space.LengthSize) + (3 * space.OffsetSize));
        if (!header.Signature("FRHP"u8)) throw Malformed();
        header.Skip(3);
        if (header.Two() != 0) throw new FormatException("is an HDF5 file with a filtered group, which is not read: save it again with h5py's default libver");
        header.Skip(1);
        long largestObject = header.Four();
        header.Skip((10 * space.LengthSize) + (2 * space.OffsetSize));
        int width = header.Two();
        var (first, largest) = (header.Length(), header.Length());
        int bits = header.Two();
        header.Skip(2);
        long root = header.Address();
        int rows = header.Two();
        if (bits is < 1 or > 63 || width is 0 or > MostBlocks || !BitOperations.IsPow2(first) || largest < first || rows > MostBlocks / width) throw Malformed();
        this.offsetSize = (bits + 7) / 8;
        this.lengthSize = Math.Min(EncodedSize(largest), EncodedSize(largestObject));
        if (root == Hdf5Space.Undefined) return;
        if (rows == 0) this.blocks.Add((0, first, root));
        else ReadRows(root, rows, width, first, largest);
    }

    /// <summary>The bytes that an identifier in a group's index stands for.</summary>
    public Hdf5Bytes Object(Hdf5Bytes identifier)
    {
        if ((identifier.One() & 0xF0) != 0) throw Malformed(); // huge and tiny objects, which links are not
        long offset = identifier.Number(this.offsetSize), length = identifier.Number(this.lengthSize);
        foreach (var (start, size, address) in this.blocks)
            if (offset >= start && length >= 0 && length <= size && offset - start <= size - length) return this.space.Read(address + offset - start, length);
        throw Malformed();
    }

    /// <summary>The root of several blocks: their addresses, row after row.</summary>
    void ReadRows(long address, int rows, int width, long first, long largest)
    {
        int head = 5 + this.space.OffsetSize + this.offsetSize;
        var block = this.space.Read(address, head + (rows * width * this.space.OffsetSize));
        if (!block.Signature("FHIB"u8)) throw Malformed();
        block.Skip(head - 4);
        long start = 0, size = first;
        for (int row = 0; row < rows; row++)
        {
            if (row > 1) size *= 2;
            if (size > largest)
                throw new FormatException("is an HDF5 file with a group of too many links: save it again with h5py's default libver and without track_order");
            for (int i = 0; i < width; i++, start += size)
                if (block.Address() is >= 0 and var child) this.blocks.Add((start, size, child));
        }
    }

    /// <summary>Bytes that hold numbers up to a limit.</summary>
    public static int EncodedSize(long limit) => (BitOperations.Log2((ulong)Math.Max(1, limit)) / 8) + 1;

    static FormatException Malformed() => Hdf5Bytes.Malformed("group");
}
