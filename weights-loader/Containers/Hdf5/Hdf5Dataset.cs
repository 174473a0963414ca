namespace GpuStyle.WeightsLoader;

/// <summary>
/// An array as its object header describes it: type, shape and where the elements lie - in the header (compact), in one run
/// (contiguous) or in chunks.
/// </summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Elements">Their product.</param>
/// <param name="Run">The elements in one run, or null.</param>
/// <param name="Chunks">The elements in chunks, or null. Neither: never written, or stored in a way that is not read.</param>
sealed record Hdf5Dataset(Hdf5Type Type, IReadOnlyList<long> Shape, long Elements, FilePart? Run, Hdf5Chunks? Chunks)
{
    const int MaximumRank = 32;

    const int Compact = 0, Contiguous = 1, Chunked = 2;

    /// <summary>Reads the header of an array.</summary>
    /// <param name="space">The file.</param>
    /// <param name="name">The array's, for messages.</param>
    /// <param name="header">Its header.</param>
    public static Hdf5Dataset Read(Hdf5Space space, string name, Hdf5ObjectHeader header)
    {
        var type = header.Find(Hdf5MessageKind.Datatype) is { } datatype ? Hdf5Type.Read(datatype) : new Hdf5Type("named type", 1, false, false);
        long[] shape = header.Find(Hdf5MessageKind.Dataspace) is { } dataspace ? ReadShape(dataspace) : [0];
        long elements = TensorList.Count(name, shape);
        if (elements > long.MaxValue / type.Size) throw Hdf5Bytes.Malformed($"size of {Text.Quote(name)}");
        var (run, chunks) = ReadLayout(space, name, header, type, shape, elements * type.Size);
        return new Hdf5Dataset(type, shape, elements, run, chunks);
    }

    /// <summary>The array as a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="columnsFirst">Whether a program that stores columns first wrote it: its shape is turned round.</param>
    public ArrayTensor Tensor(string name, bool columnsFirst)
    {
        IReadOnlyList<long> shape = columnsFirst ? [.. Shape.Reverse()] : Shape;
        bool stored = Run is not null || Chunks is not null || Elements == 0;
        string type = stored ? Type.Word : $"{Type.Word} (never written, or packed in a way that is not read)";
        return Chunks is not null
            ? new ChunkedTensor(name, type, shape, Elements, Chunks) { BigEndian = Type.BigEndian, ColumnsFirst = columnsFirst }
            : new ArrayTensor(name, type, shape, Elements, Run ?? FilePart.None, 0) { BigEndian = Type.BigEndian, ColumnsFirst = columnsFirst };
    }

    /// <summary>The elements as they are stored, where they are at most <paramref name="longest"/> bytes; else null.</summary>
    public byte[]? ReadBytes(Hdf5Space space, long longest)
    {
        long length = Elements * Type.Size;
        if (length > longest || (Run ?? (object?)Chunks) is null) return null;
        space.Budget.Take(length + (Chunks?.ChunkBytes ?? 0));
        var bytes = new byte[length];
        if (Run is not null) Run.Read(bytes, 0);
        else Chunks!.Read(bytes);
        return bytes;
    }

    /// <summary>A dataspace message (section IV.A.2.b).</summary>
    static long[] ReadShape(Hdf5Bytes message)
    {
        int version = message.One(), rank = message.One();
        message.Skip(1);
        if (version is not (1 or 2) || rank > MaximumRank) throw Hdf5Bytes.Malformed("shape");
        if (version == 1) message.Skip(5);
        else if (message.One() == 2) return [0]; // a null dataspace
        var shape = new long[rank];
        for (int i = 0; i < rank; i++) shape[i] = message.Length();
        return shape;
    }

    /// <summary>A data layout message (section IV.A.2.i).</summary>
    static (FilePart?, Hdf5Chunks?) ReadLayout(Hdf5Space space, string name, Hdf5ObjectHeader header, Hdf5Type type, long[] shape, long length)
    {
        var message = header.Find(Hdf5MessageKind.Layout)!;
        int version = message.One();
        if (version is < 1 or > 4) throw Hdf5Bytes.Malformed($"layout of {Text.Quote(name)}");
        int rank = 0, kind;
        if (version < 3)
        {
            (rank, kind) = (message.One(), message.One());
            message.Skip(5);
        }
        else kind = message.One();
        switch (kind)
        {
            case Compact:
                if (version < 3) message.Skip(4 * rank);
                long size = version < 3 ? message.Four() : message.Two();
                var data = message.Part(size);
                return size >= length ? (new FilePart(space.File, data.Position, length), null) : throw Hdf5Bytes.Malformed($"layout of {Text.Quote(name)}");
            case Contiguous:
                long address = message.Address();
                if (address == Hdf5Space.Undefined) return default;
                if (address > space.File.Length - space.Start - length)
                    throw new FormatException($"is cut short: it is an HDF5 file that ends before array {Text.Quote(name)} does; copy or download it again");
                return (new FilePart(space.File, space.Locate(address, length), length), null);
            case Chunked when version < 4:
                if (version == 3) rank = message.One();
                address = message.Address();
                if (rank != shape.Length + 1) throw Hdf5Bytes.Malformed($"layout of {Text.Quote(name)}");
                long[] chunk = [.. Enumerable.Range(0, rank - 1).Select(_ => (long)message.Four())];
                return (null, address == Hdf5Space.Undefined ? null : Hdf5Chunks.Read(space, name, address, shape, chunk, type.Size, header.Find(Hdf5MessageKind.Filters)));
            default: return default;
        }
    }
}
