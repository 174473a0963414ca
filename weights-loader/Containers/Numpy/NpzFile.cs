namespace GpuStyle.WeightsLoader;

/// <summary>
/// A .npz file: a zip archive of .npy files, stored (numpy.savez) or deflated (numpy.savez_compressed). An array is named as its
/// entry, without <c>.npy</c>.
/// </summary>
sealed class NpzFile : TensorFile
{
    const string Suffix = ".npy";

    readonly InputFile file;
    readonly List<InflatedBytes> inflated = [];
    readonly List<ArrayTensor> tensors = [];

    NpzFile(InputFile file) => this.file = file;

    /// <inheritdoc/>
    public override string Path => this.file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorEntry> Tensors => this.tensors;

    /// <summary>Whether an archive is one of arrays: at least one entry is named as one.</summary>
    public static bool IsNpz(IEnumerable<ZipEntry> entries) => entries.Any(entry => entry.Name.EndsWith(Suffix, StringComparison.Ordinal));

    /// <summary>Opens an archive of which <see cref="IsNpz"/> is true. Entries that are not arrays are passed over.</summary>
    public static NpzFile Open(InputFile file, IEnumerable<ZipEntry> entries)
    {
        var opened = new NpzFile(file);
        try
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var entry in entries.Where(entry => entry.Name.EndsWith(Suffix, StringComparison.Ordinal)))
                if (!names.Add(entry.Name)) throw new FormatException($"has the array {Text.Quote(entry.Name)} twice; copy or download it again");
                else opened.Add(entry);
            return opened;
        }
        catch
        {
            opened.DisposeInflated();
            throw;
        }
    }

    void Add(ZipEntry entry)
    {
        string name = entry.Name[..^Suffix.Length], where = $"has the array {Text.Quote(name)}, which ";
        var part = new FilePart(this.file, entry.Position, entry.Packed);
        IByteSource source = part;
        if (entry.Deflated)
        {
            var unpacked = new InflatedBytes(this.file, part, entry.Length, zlib: false);
            this.inflated.Add(unpacked);
            unpacked.Prove(this.file.Length);
            source = unpacked;
        }
        this.tensors.Add(NpyHeader.Read(source, where).Array(name, source, where));
        (source as InflatedBytes)?.Rest(); // an unpacker for each of many entries would be much memory
    }

    /// <inheritdoc/>
    protected override long Read(TensorEntry entry, Span<float> values) => ((ArrayTensor)entry).Read(values);

    void DisposeInflated()
    {
        foreach (var unpacked in this.inflated) unpacked.Dispose();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        DisposeInflated();
        this.file.Dispose();
    }
}
