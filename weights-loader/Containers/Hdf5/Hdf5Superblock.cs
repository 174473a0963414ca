namespace GpuStyle.WeightsLoader;

/// <summary>The superblock, where reading an HDF5 file begins (The HDF Group, HDF5 File Format Specification 3.0, section II).</summary>
static class Hdf5Superblock
{
    static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Where the superblock lies - at 0, or behind a user block of 512, 1024, 2048, ... bytes -, or -1.</summary>
    public static long Find(InputFile file)
    {
        Span<byte> start = stackalloc byte[8];
        for (long at = 0; at <= file.Length - start.Length; at = at == 0 ? 512 : 2 * at)
        {
            file.Read(start, at);
            if (start.SequenceEqual(Signature)) return at;
        }
        return -1;
    }

    /// <summary>Reads the superblock at <paramref name="start"/>.</summary>
    /// <exception cref="FormatException">Malformed or cut short.</exception>
    public static (Hdf5Space Space, long Root) Read(InputFile file, long start)
    {
        if (file.Length - start < 48) throw Cut(file, 48);
        var budget = new DescriptionBudget(file.Length);
        var bytes = new Hdf5Space(file, start, 8, 8, budget).Read(0, Math.Min(128, file.Length - start));
        bytes.Skip(8);
        int version = bytes.One();
        if (version > 3) throw new FormatException($"is an HDF5 file of superblock version {version}, which is not read: save it again with h5py's default libver");
        bytes.Skip(version < 2 ? 4 : 0);
        var (offsetSize, lengthSize) = (bytes.One(), bytes.One());
        if (offsetSize is not (2 or 4 or 8) || lengthSize is not (2 or 4 or 8)) throw Hdf5Bytes.Malformed("superblock");
        bytes.Skip(version switch { 0 => 9, 1 => 13, _ => 1 });
        // With the widths known, a view of the same bytes that has them.
        var space = new Hdf5Space(file, start, offsetSize, lengthSize, budget);
        var fields = space.Read(bytes.Position - start, bytes.Left);
        long written = fields.Address(); // address 0 is where this superblock lies, even where something else is written
        fields.Address();
        long end = fields.Address() - Math.Max(0, written); // counted from the file's beginning
        if (end > file.Length - start) throw Cut(file, start + end);
        if (version < 2)
        {
            fields.Address(); // of driver information
            fields.Address(); // the root's name
        }
        return (space, fields.Address());
    }

    static FormatException Cut(InputFile file, long end) =>
        new($"is cut short: it is an HDF5 file of {end} bytes of which {file.Length} are there; copy or download it again");
}
