namespace GpuStyle.WeightsLoader;

/// <summary>A message of an object header.</summary>
readonly record struct Hdf5Message(Hdf5MessageKind Kind, Hdf5Bytes Data);

/// <summary>The messages that say what groups and arrays are (section IV.A.2).</summary>
enum Hdf5MessageKind
{
    Dataspace = 0x01,
    LinkInfo = 0x02,
    Datatype = 0x03,
    Link = 0x06,
    Layout = 0x08,
    Filters = 0x0B,
    Attribute = 0x0C,
    Continuation = 0x10,
    SymbolTable = 0x11,
}

/// <summary>An object header, of either version: the messages about one group or array (section IV.A.1).</summary>
sealed class Hdf5ObjectHeader
{
    const int MostBlocks = 1024, Shared = 2;

    readonly List<Hdf5Message> messages = [];

    Hdf5ObjectHeader() { }

    /// <summary>The first message of a kind, or null.</summary>
    public Hdf5Bytes? Find(Hdf5MessageKind kind)
    {
        foreach (var message in this.messages)
            if (message.Kind == kind) return message.Data.Copy();
        return null;
    }

    /// <summary>The messages of a kind, each from its beginning.</summary>
    public IEnumerable<Hdf5Bytes> All(Hdf5MessageKind kind) => this.messages.Where(m => m.Kind == kind).Select(m => m.Data.Copy());

    /// <summary>Whether the object is an array.</summary>
    public bool IsDataset => Find(Hdf5MessageKind.Layout) is not null;

    /// <summary>Reads the header at an address, with its continuations. Messages that lie elsewhere, shared, are passed over.</summary>
    public static Hdf5ObjectHeader Read(Hdf5Space space, long address)
    {
        space.Budget.Take(500); // with what describing the object takes
        var header = new Hdf5ObjectHeader();
        var start = space.Read(address, Math.Min(64, Math.Max(0, space.File.Length - space.Start - address)));
        var blocks = new Queue<(long Address, long Length)>();
        if (start.Signature("OHDR"u8)) header.ReadVersion2(space, start, blocks);
        else header.ReadVersion1(space, address, start, blocks);
        return header;
    }

    void ReadVersion1(Hdf5Space space, long address, Hdf5Bytes start, Queue<(long Address, long Length)> blocks)
    {
        if (start.One() != 1) throw Hdf5Bytes.Malformed("object header");
        start.Skip(7);
        blocks.Enqueue((address + 16, start.Four()));
        for (int read = 0; blocks.TryDequeue(out var block); read++)
        {
            if (read == MostBlocks) throw Hdf5Bytes.Malformed("object header");
            for (var bytes = space.Read(block.Address, block.Length); bytes.Left >= 8;)
            {
                var (kind, size, flags) = ((Hdf5MessageKind)bytes.Two(), bytes.Two(), bytes.One());
                bytes.Skip(3);
                Add(space, kind, flags, bytes.Part(size), blocks);
            }
        }
    }

    void ReadVersion2(Hdf5Space space, Hdf5Bytes start, Queue<(long Address, long Length)> blocks)
    {
        if (start.One() != 2) throw Hdf5Bytes.Malformed("object header");
        int headerFlags = start.One();
        start.Skip(((headerFlags & 0x20) != 0 ? 16 : 0) + ((headerFlags & 0x10) != 0 ? 4 : 0)); // times; when links are stored densely
        long length = start.Number(1 << (headerFlags & 3));
        blocks.Enqueue((start.Position - space.Start, length));
        for (int read = 0; blocks.TryDequeue(out var block); read++)
        {
            if (read == MostBlocks) throw Hdf5Bytes.Malformed("object header");
            var bytes = space.Read(block.Address, block.Length);
            if (read > 0) // continuations have a signature and a checksum, the first block has its own outside
            {
                if (!bytes.Signature("OCHK"u8)) throw Hdf5Bytes.Malformed("object header");
                bytes = bytes.Part(bytes.Left - 4);
            }
            int order = (headerFlags & 4) != 0 ? 2 : 0;
            while (bytes.Left >= 4 + order)
            {
                var (kind, size, flags) = ((Hdf5MessageKind)bytes.One(), bytes.Two(), bytes.One());
                bytes.Skip(order);
                Add(space, kind, flags, bytes.Part(size), blocks);
            }
        }
    }

    void Add(Hdf5Space space, Hdf5MessageKind kind, int flags, Hdf5Bytes data, Queue<(long Address, long Length)> blocks)
    {
        if ((flags & Shared) != 0 || !Enum.IsDefined(kind)) return;
        space.Budget.Take(100);
        if (kind == Hdf5MessageKind.Continuation) blocks.Enqueue((data.Address(), data.Length()));
        else this.messages.Add(new Hdf5Message(kind, data));
    }
}
