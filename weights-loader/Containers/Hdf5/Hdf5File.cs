namespace GpuStyle.WeightsLoader;

/// <summary>
/// An HDF5 file (The HDF Group, HDF5 File Format Specification 3.0) as Keras and h5py write them: its arrays, named by their path
/// without the leading slash. Soft links, external links and attributes are passed over.
/// </summary>
sealed class Hdf5File
{
    const int Deepest = 32, LongestPath = 1024;

    readonly Hdf5Space space;
    readonly Hdf5Links links;
    readonly TensorList tensors;
    readonly HashSet<long> groups = [];

    Hdf5File(Hdf5Space space) => (this.space, this.links, this.tensors) = (space, new Hdf5Links(space), new TensorList(space.Budget));

    /// <summary>Opens a file whose superblock lies at <paramref name="start"/>.</summary>
    public static TensorFile Open(InputFile file, long start)
    {
        var (space, root) = Hdf5Superblock.Read(file, start);
        var opened = new Hdf5File(space);
        opened.Group("", root, Hdf5ObjectHeader.Read(space, root), 0);
        return new DescribedFile(file, opened.tensors.Entries);
    }

    void Group(string prefix, long address, Hdf5ObjectHeader header, int depth)
    {
        if (!this.groups.Add(address)) return; // it has been described under another name
        foreach (var (name, target) in this.links.Of(header))
        {
            string path = prefix + name;
            if (depth == Deepest || path.Length > LongestPath) throw new FormatException($"has groups nested too deep at {Text.Quote(path)}: save the weights in a plainer form");
            this.space.Budget.Take(64 + (2 * path.Length));
            var child = Hdf5ObjectHeader.Read(this.space, target);
            if (!child.IsDataset) Group(path + "/", target, child, depth + 1);
            else this.tensors.Add(Hdf5Dataset.Read(this.space, path, child).Tensor(path, columnsFirst: false));
        }
    }
}
