namespace GpuStyle.WeightsLoader;

/// <summary>
/// A .npz file: a zip archive of .npy files, stored (numpy.savez) or deflated (numpy.savez_compressed). An array is named as its
/// entry, without <c>.npy</c>.
/// </summary>
static class NpzFile
{
    const string Suffix = ".npy";

    /// <summary>Whether an archive is one of arrays: at least one entry is named as one.</summary>
    public static bool IsNpz(IEnumerable<ZipEntry> entries) => entries.Any(entry => entry.Name.EndsWith(Suffix, StringComparison.Ordinal));

    /// <summary>Opens an archive of which <see cref="IsNpz"/> is true. Entries that are not arrays are passed over.</summary>
    public static TensorFile Open(InputFile file, IEnumerable<ZipEntry> entries)
    {
        var budget = new DescriptionBudget(file.Length);
        var tensors = new TensorList(budget);
        var unpackers = new Disposables();
        try
        {
            foreach (var entry in entries.Where(entry => entry.Name.EndsWith(Suffix, StringComparison.Ordinal))) tensors.Add(Describe(file, entry, unpackers, budget));
            return new DescribedFile(file, tensors.Entries, companions: unpackers);
        }
        catch
        {
            unpackers.Dispose();
            throw;
        }
    }

    static ArrayTensor Describe(InputFile file, ZipEntry entry, Disposables unpackers, DescriptionBudget budget)
    {
        string name = entry.Name[..^Suffix.Length], where = $"has the array {Text.Quote(name)}, which ";
        var part = new FilePart(file, entry.Position, entry.Packed);
        if (!entry.Deflated) return NpyHeader.Read(part, where).Array(name, part, where);
        var unpacked = unpackers.Add(new InflatedBytes(file, part, entry.Length, zlib: false));
        unpacked.Prove(file.Length, budget);
        budget.Take(2500); // an unpacker and a header
        var array = NpyHeader.Read(unpacked, where).Array(name, unpacked, where);
        unpacked.Rest(); // an unpacker for each of many entries would be much memory
        return array;
    }
}
