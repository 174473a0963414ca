using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// What a group holds: names and addresses of object headers. Groups of the old form (a B-tree of symbol tables, section III.A-D, which
/// h5py, Keras and MATLAB write) and of the new form (messages in the header, or many in a heap). Soft and external links are passed over.
/// </summary>
sealed class Hdf5Links(Hdf5Space space)
{
    const int MostLevels = 32;

    /// <summary>Nodes that were read: one that comes again would be a circle.</summary>
    readonly HashSet<long> nodes = [];

    /// <summary>The hard links of a group.</summary>
    /// <exception cref="FormatException">Malformed.</exception>
    public List<(string Name, long Address)> Of(Hdf5ObjectHeader header)
    {
        var links = new List<(string, long)>();
        if (header.Find(Hdf5MessageKind.SymbolTable) is { } table)
        {
            long tree = table.Address();
            var heap = space.Read(table.Address(), 8 + (2 * space.LengthSize) + space.OffsetSize);
            if (!heap.Signature("HEAP"u8)) throw Hdf5Bytes.Malformed("group");
            heap.Skip(4);
            long length = heap.Length();
            heap.Skip(space.LengthSize); // the head of the free list
            Tree(tree, space.Read(heap.Address(), length), links, MostLevels);
        }
        if (header.Find(Hdf5MessageKind.LinkInfo) is { } info)
        {
            info.Skip(1);
            info.Skip((info.One() & 1) != 0 ? 8 : 0);
            long heap = info.Address(), index = info.Address();
            if (heap != Hdf5Space.Undefined) Dense(new Hdf5Heap(space, heap), index, links);
        }
        foreach (var message in header.All(Hdf5MessageKind.Link)) Link(message, links);
        return links;
    }

    void Dense(Hdf5Heap heap, long index, List<(string, long)> links)
    {
        foreach (var identifier in Hdf5LinkIndex.Read(space, index))
        {
            space.Budget.Take(200);
            Link(heap.Object(identifier), links);
        }
    }

    void Tree(long address, Hdf5Bytes names, List<(string, long)> links, int levels)
    {
        if (levels == 0 || !this.nodes.Add(address)) throw Hdf5Bytes.Malformed("group");
        var node = space.Read(address, 8);
        if (node.Signature("SNOD"u8))
        {
            node.Skip(2);
            Symbols(space.Read(address + 8, node.Two() * SymbolLength), names, links);
            return;
        }
        if (!node.Signature("TREE"u8) || node.One() != 0) throw Hdf5Bytes.Malformed("group");
        node.Skip(1);
        int count = node.Two();
        var entries = space.Read(address + 8 + (2 * space.OffsetSize), count * (space.LengthSize + space.OffsetSize));
        for (int i = 0; i < count; i++)
        {
            entries.Length();
            Tree(entries.Address(), names, links, levels - 1);
        }
    }

    long SymbolLength => (2 * space.OffsetSize) + 24;

    static void Symbols(Hdf5Bytes table, Hdf5Bytes names, List<(string, long)> links)
    {
        while (table.Left > 0)
        {
            long name = table.Address(), address = table.Address();
            uint cached = table.Four();
            table.Skip(20);
            if (cached != 2 && address != Hdf5Space.Undefined) links.Add((names.TextAt(name), address)); // 2: a soft link
        }
    }

    /// <summary>A link message (section IV.A.2.g).</summary>
    static void Link(Hdf5Bytes message, List<(string, long)> links)
    {
        if (message.One() != 1) throw Hdf5Bytes.Malformed("link");
        int flags = message.One(), kind = (flags & 8) != 0 ? message.One() : 0;
        message.Skip(((flags & 4) != 0 ? 8 : 0) + ((flags & 16) != 0 ? 1 : 0)); // the order of creation; the character set
        long length = message.Number(1 << (flags & 3));
        if (length > Hdf5Bytes.LongestText) throw Hdf5Bytes.Malformed("link");
        string name = Encoding.UTF8.GetString(message.Take(length));
        if (kind == 0) links.Add((name, message.Address()));
    }
}
