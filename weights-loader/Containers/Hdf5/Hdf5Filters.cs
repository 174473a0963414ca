namespace GpuStyle.WeightsLoader;

/// <summary>What was done to each chunk before it was written, in this order (section IV.A.2.l).</summary>
/// <param name="Shuffle">The place in the pipeline of bytes sorted by significance, or -1.</param>
/// <param name="Deflate">The place of deflating, or -1.</param>
/// <param name="Checksum">The place of a checksum of four bytes at the end, or -1.</param>
readonly record struct Hdf5Filters(int Shuffle, int Deflate, int Checksum)
{
    const int DeflateFilter = 1, ShuffleFilter = 2, ChecksumFilter = 3;

    /// <summary>Whether a chunk with this mask of left-out filters has gone through the filter at <paramref name="place"/>.</summary>
    public static bool Applies(int place, uint mask) => place >= 0 && (mask >> place & 1) == 0;

    /// <summary>Reads a filter pipeline message; null for filters, or an order of them, that are not read.</summary>
    public static Hdf5Filters? Read(Hdf5Bytes? message)
    {
        var filters = new Hdf5Filters(-1, -1, -1);
        if (message is null) return filters;
        int version = message.One(), count = message.One();
        if (version is not (1 or 2)) throw Hdf5Bytes.Malformed("filter");
        message.Skip(version == 1 ? 6 : 0);
        for (int place = 0; place < count; place++)
        {
            int filter = message.Two();
            int name = version == 1 || filter >= 256 ? message.Two() : 0;
            message.Skip(2);
            int values = message.Two();
            message.Skip(version == 1 ? (name + 7) & ~7 : name);
            message.Skip((4 * values) + (version == 1 && values % 2 == 1 ? 4 : 0));
            switch (filter)
            {
                case ShuffleFilter when filters is (-1, -1, -1): filters = filters with { Shuffle = place }; break;
                case DeflateFilter when filters is (_, -1, -1): filters = filters with { Deflate = place }; break;
                case ChecksumFilter when filters is (_, _, -1): filters = filters with { Checksum = place }; break;
                default: return null;
            }
        }
        return filters;
    }
}
