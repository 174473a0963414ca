namespace GpuStyle.WeightsLoader;

/// <summary>
/// The chunks of an array: equal boxes that cover it, those at its ends beyond it, each written and packed by itself and found through
/// a B-tree (section III.A.1).
/// </summary>
sealed class Hdf5Chunks
{
    const int MostLevels = 32;

    /// <summary>A chunk may be longer than its array, as arrays that can grow have them; but only so long.</summary>
    const int SmallChunk = 1 << 16;

    readonly Hdf5Space space;
    readonly long[] shape, chunk;
    readonly int elementSize;
    readonly Hdf5Filters filters;
    readonly List<Place> places = [];
    long last = -1;

    /// <summary>A chunk: its number among those that cover the array, where its bytes are and which filters were left out.</summary>
    readonly record struct Place(long Number, long Position, uint Bytes, uint Mask);

    Hdf5Chunks(Hdf5Space space, long[] shape, long[] chunk, int elementSize, Hdf5Filters filters) =>
        (this.space, this.shape, this.chunk, this.elementSize, this.filters) = (space, shape, chunk, elementSize, filters);

    /// <summary>Finds the chunks and checks that they are in the file; null where some were never
    /// written, the filters are not read, or array or chunk are longer than can be unpacked.</summary>
    public static Hdf5Chunks? Read(Hdf5Space space, string name, long tree, long[] shape, long[] chunk, int elementSize, Hdf5Bytes? filters)
    {
        if (chunk.Length == 0 || chunk.Any(size => size == 0) || TensorList.Count(name, chunk) > int.MaxValue / elementSize)
            throw Hdf5Bytes.Malformed($"layout of {Text.Quote(name)}");
        if (Hdf5Filters.Read(filters) is not { } pipeline || TensorList.Count(name, shape) > Array.MaxLength / elementSize) return null;
        var chunks = new Hdf5Chunks(space, shape, chunk, elementSize, pipeline);
        long length = TensorList.Count(name, shape) * elementSize;
        if (chunks.ChunkBytes > Math.Max(SmallChunk, Math.Max(length, space.File.Length))) return null;
        chunks.Tree(tree, MostLevels);
        long needed = 1;
        for (int d = 0; d < shape.Length; d++) needed *= (shape[d] + chunk[d] - 1) / chunk[d];
        if (chunks.places.Count != needed) return null;
        chunks.Prove(length);
        return chunks;
    }

    /// <summary>What a chunk unpacks to.</summary>
    public int ChunkBytes => (int)this.chunk.Aggregate((a, b) => a * b) * this.elementSize;

    /// <summary>Walks the B-tree. Chunks come in order, so one that comes again, or a circle, shows at once.</summary>
    void Tree(long address, int levels)
    {
        var node = this.space.Read(address, 8);
        if (levels == 0 || !node.Signature("TREE"u8) || node.One() != 1) throw Hdf5Bytes.Malformed("index of chunks");
        int level = node.One(), count = node.Two(), rank = this.shape.Length;
        var entries = this.space.Read(address + 8 + (2 * this.space.OffsetSize), count * (8 + (8 * (rank + 1)) + this.space.OffsetSize));
        for (int i = 0; i < count; i++)
        {
            uint bytes = entries.Four(), mask = entries.Four();
            long number = 0;
            for (int d = 0; d < rank; d++)
            {
                long offset = entries.Number(8);
                if (offset < 0 || offset >= this.shape[d] || offset % this.chunk[d] != 0) throw Hdf5Bytes.Malformed("index of chunks");
                number = (number * ((this.shape[d] + this.chunk[d] - 1) / this.chunk[d])) + (offset / this.chunk[d]);
            }
            entries.Skip(8);
            long child = entries.Address();
            if (level > 0)
            {
                if (number <= this.last) throw Hdf5Bytes.Malformed("index of chunks");
                Tree(child, levels - 1);
            }
            else
            {
                if (number <= this.last) throw Hdf5Bytes.Malformed("index of chunks");
                this.last = number;
                this.space.Budget.Take(64);
                this.places.Add(new Place(number, this.space.Locate(child, bytes), bytes, mask));
            }
        }
    }

    /// <summary>
    /// Checks that chunks unpack to their size: where nothing is deflated by their length, where the array or a chunk is longer than the
    /// file by unpacking without keeping.
    /// </summary>
    void Prove(long length)
    {
        foreach (var place in this.places)
        {
            int packed = Packed(place);
            if (!Hdf5Filters.Applies(this.filters.Deflate, place.Mask))
            {
                if (packed < ChunkBytes) throw Hdf5Bytes.Malformed("chunk");
                continue;
            }
            this.space.Budget.Take(200);
            using var inflated = Inflated(place, packed);
            if (length > this.space.File.Length || ChunkBytes > this.space.File.Length) inflated.Prove(0, this.space.Budget);
        }
    }

    int Packed(Place place) => (int)Math.Min(int.MaxValue, place.Bytes) - (Hdf5Filters.Applies(this.filters.Checksum, place.Mask) ? 4 : 0) is >= 0 and var packed
        ? packed : throw Hdf5Bytes.Malformed("chunk");

    InflatedBytes Inflated(Place place, int packed) =>
        new(this.space.File, new FilePart(this.space.File, place.Position, packed), ChunkBytes, zlib: true);

    /// <summary>Fills <paramref name="target"/> with the array's bytes, rows first.</summary>
    public void Read(Span<byte> target)
    {
        var bytes = new byte[ChunkBytes];
        foreach (var place in this.places)
        {
            int packed = Packed(place);
            if (Hdf5Filters.Applies(this.filters.Deflate, place.Mask))
            {
                using var inflated = Inflated(place, packed);
                inflated.Read(bytes, 0);
            }
            else this.space.File.Read(bytes, place.Position);
            Scatter(bytes, place.Number, Hdf5Filters.Applies(this.filters.Shuffle, place.Mask), target);
        }
    }

    /// <summary>Puts a chunk's rows where they belong, as far as they are within the array.</summary>
    void Scatter(ReadOnlySpan<byte> bytes, long number, bool shuffled, Span<byte> target)
    {
        int rank = this.shape.Length;
        var offset = new long[rank];
        for (int d = rank - 1; d >= 0; d--)
        {
            long across = (this.shape[d] + this.chunk[d] - 1) / this.chunk[d];
            offset[d] = number % across * this.chunk[d];
            number /= across;
        }
        int row = (int)this.chunk[^1], rows = bytes.Length / this.elementSize / row;
        int count = (int)Math.Min(row, this.shape[^1] - offset[^1]);
        var index = new long[rank - 1];
        for (int i = 0; i < rows; i++)
        {
            long at = 0;
            bool inside = true;
            for (int d = 0; d < rank - 1; d++)
            {
                inside &= offset[d] + index[d] < this.shape[d];
                at = (at * this.shape[d]) + offset[d] + index[d];
            }
            at = (at * this.shape[^1]) + offset[^1];
            if (inside) Row(bytes, i * row, shuffled, target.Slice((int)at * this.elementSize, count * this.elementSize));
            for (int d = rank - 2; d >= 0 && ++index[d] == this.chunk[d]; d--) index[d] = 0;
        }
    }

    /// <summary>Elements from <paramref name="first"/> on; shuffled, their first bytes lie together, then their second bytes, and so on.</summary>
    void Row(ReadOnlySpan<byte> bytes, int first, bool shuffled, Span<byte> target)
    {
        int size = this.elementSize, elements = bytes.Length / size;
        if (!shuffled)
        {
            bytes.Slice(first * size, target.Length).CopyTo(target);
            return;
        }
        for (int part = 0; part < size; part++)
        {
            var source = bytes.Slice((part * elements) + first, target.Length / size);
            for (int i = 0; i < source.Length; i++) target[(i * size) + part] = source[i];
        }
    }
}
