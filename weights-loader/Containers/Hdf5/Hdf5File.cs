namespace GpuStyle.WeightsLoader;

/// <summary>
/// An HDF5 file (The HDF Group, HDF5 File Format Specification 3.0) as Keras and h5py write them: its arrays, named by their path
/// without the leading slash. Soft links, external links and attributes are passed over.
/// </summary>
sealed class Hdf5File : TensorFile
{
    const int Deepest = 32, LongestPath = 1024;

    readonly InputFile file;
    readonly Hdf5Space space;
    readonly Hdf5Links links;
    readonly HashSet<long> groups = [];
    readonly HashSet<string> names = new(StringComparer.Ordinal);
    readonly List<ArrayTensor> tensors = [];

    Hdf5File(InputFile file, Hdf5Space space) => (this.file, this.space, this.links) = (file, space, new Hdf5Links(space));

    /// <inheritdoc/>
    public override string Path => this.file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorEntry> Tensors => this.tensors;

    /// <summary>Opens a file whose superblock lies at <paramref name="start"/>.</summary>
    public static Hdf5File Open(InputFile file, long start)
    {
        var (space, root) = Hdf5Superblock.Read(file, start);
        var opened = new Hdf5File(file, space);
        opened.Group("", root, Hdf5ObjectHeader.Read(space, root), 0);
        return opened;
    }

    void Group(string prefix, long address, Hdf5ObjectHeader header, int depth)
    {
        if (!this.groups.Add(address)) return; // it has been described under another name
        foreach (var (name, target) in this.links.Of(header))
        {
            string path = prefix + name;
            if (depth == Deepest || path.Length > LongestPath) throw new FormatException($"has groups nested too deep at {Text.Quote(path)}: save the weights in a plainer form");
            this.space.Budget.TakeEntry(path.Length);
            var child = Hdf5ObjectHeader.Read(this.space, target);
            if (!child.IsDataset) Group(path + "/", target, child, depth + 1);
            else if (!this.names.Add(path)) throw new FormatException($"has the array {Text.Quote(path)} twice; copy or download it again");
            else this.tensors.Add(Hdf5Dataset.Read(this.space, path, child).Tensor(path, columnsFirst: false));
        }
    }

    /// <inheritdoc/>
    protected override long Read(TensorEntry entry, Span<float> values) => ((ArrayTensor)entry).Read(values);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => this.file.Dispose();
}
