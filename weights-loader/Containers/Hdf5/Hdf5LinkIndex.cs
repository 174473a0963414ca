namespace GpuStyle.WeightsLoader;

/// <summary>
/// The index by name of a large group of the new form: a B-tree of version 2 (section III.A.2) of at most two levels, whose records are
/// a name's hash and the link's identifier in the group's heap.
/// </summary>
static class Hdf5LinkIndex
{
    const int ByName = 5, HeadLength = 6, ChecksumLength = 4, HashLength = 4;

    /// <summary>The identifiers, in the index's order.</summary>
    public static List<Hdf5Bytes> Read(Hdf5Space space, long address)
    {
        var header = space.Read(address, 18 + space.OffsetSize);
        if (!header.Signature("BTHD"u8)) throw Malformed();
        header.Skip(1);
        if (header.One() != ByName) throw Malformed();
        long nodeSize = header.Four();
        int recordSize = header.Two(), depth = header.Two();
        header.Skip(2);
        long root = header.Address();
        int records = header.Two();
        var identifiers = new List<Hdf5Bytes>();
        if (depth > 1)
            throw new FormatException("is an HDF5 file with a group of too many links: save it again with h5py's default libver and without track_order");
        if (recordSize <= HashLength || nodeSize < HeadLength + ChecksumLength + recordSize) throw Malformed();
        if (root == Hdf5Space.Undefined) return identifiers;
        var node = Node(space, root, depth == 0 ? "BTLF"u8 : "BTIN"u8, nodeSize);
        Records(node, records, recordSize, identifiers);
        int countSize = Hdf5Heap.EncodedSize((nodeSize - HeadLength - ChecksumLength) / recordSize);
        for (int child = 0; depth == 1 && child <= records; child++)
        {
            long leaf = node.Address();
            Records(Node(space, leaf, "BTLF"u8, nodeSize), node.Number(countSize), recordSize, identifiers);
        }
        return identifiers;
    }

    static Hdf5Bytes Node(Hdf5Space space, long address, ReadOnlySpan<byte> signature, long size)
    {
        var node = space.Read(address, size);
        if (!node.Signature(signature)) throw Malformed();
        node.Skip(HeadLength - 4);
        return node;
    }

    static void Records(Hdf5Bytes node, long count, int size, List<Hdf5Bytes> identifiers)
    {
        for (long i = 0; i < count; i++)
        {
            node.Skip(HashLength);
            identifiers.Add(node.Part(size - HashLength));
        }
    }

    static FormatException Malformed() => Hdf5Bytes.Malformed("index of a group");
}
