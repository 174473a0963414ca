using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// What torch.save writes (torch/serialization.py of PyTorch). Since 1.6 a zip archive: <c>NAME/data.pkl</c> with the object and <c>NAME/data/KEY</c> with each
/// storage. Before, or where it is asked for, one after the other: pickles of a magic number, a version, what the machine was like, the object
/// and the storages' keys, then each storage with its length. A tensor's name is its keys joined by dots.
/// </summary>
static class TorchFile
{
    const long Version = 1001;
    const string Pickle = "data.pkl";

    /// <summary>The number 0x1950a86a20f9469cfc6c as all protocols pickle it, and the end of that pickle.</summary>
    static readonly byte[] Magic = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E];

    /// <summary>Whether the first bytes are those of the form before 1.6.</summary>
    public static bool IsLegacy(ReadOnlySpan<byte> start) => start is [0x80, ..] && AfterMagic(start) > 0;

    /// <summary>The magic number begins the file, behind its pickle's protocol and perhaps a frame.</summary>
    static int AfterMagic(ReadOnlySpan<byte> start) => start[..Math.Min(start.Length, 32)].IndexOf(Magic) is >= 0 and var at ? at + Magic.Length : 0;

    /// <summary>The archive's <c>data.pkl</c>, or null where it is not PyTorch's.</summary>
    public static ZipEntry? FindPickle(List<ZipEntry> entries)
    {
        int found = entries.FindIndex(entry => entry.Name == Pickle
            || (entry.Name.EndsWith($"/{Pickle}", StringComparison.Ordinal) && entry.Name.Count(c => c == '/') == 1));
        return found < 0 ? null : entries[found];
    }

    /// <summary>Opens the form before 1.6.</summary>
    public static TensorFile OpenLegacy(InputFile file)
    {
        var budget = new DescriptionBudget(file.Length);
        var types = new TorchTypes();
        var cursor = new FileCursor(file).At(AfterMagic(file.Start(32)));
        if (Read() is not Version) throw new FormatException("is a PyTorch file of an unknown version: load it in PyTorch and save it again");
        if (Read() is not PickleDictionary machine) throw PickleReader.Damaged("it does not say what wrote it");
        if (machine.Items.Any(item => PickleValue.Text(item.Key) == "little_endian" && item.Value is not true)) throw BigEndian();
        object? tree = Read();
        if (PickleValue.Items(Read()) is not { } keys) throw PickleReader.Damaged("it lacks the list of storages");
        foreach (object? item in keys)
        {
            if (PickleValue.Text(item) is not { } key || !types.Storages.TryGetValue(key, out var storage))
                throw PickleReader.Damaged("it lists a storage that it has not");
            if (cursor.Int64() != storage.Count) throw WrongLength(storage);
            storage.Position = cursor.Position;
            cursor.Skip(storage.Bytes);
        }
        return Describe(file, tree, budget);

        object? Read() => new PickleReader(cursor, budget, types).Read();
    }

    /// <summary>Opens the form since 1.6.</summary>
    public static TensorFile OpenZip(InputFile file, List<ZipEntry> entries, ZipEntry pickle)
    {
        var budget = new DescriptionBudget(file.Length);
        string folder = pickle.Name[..^Pickle.Length], data = $"{folder}data/";
        budget.Take(64L * entries.Count);
        var byName = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
            if (!byName.TryAdd(entry.Name, entry)) throw new FormatException($"has the entry {Text.Quote(entry.Name)} twice: it is damaged; get it again");
        if (byName.ContainsKey($"{folder}constants.pkl"))
            throw new FormatException("is a TorchScript archive, a program and not only tensors: load it in PyTorch and save its state_dict()");
        if (byName.TryGetValue($"{folder}byteorder", out var order) && Cursor(order).Text(order.Length, Encoding.Latin1, budget) != "little") throw BigEndian();
        var types = new TorchTypes();
        object? tree = new PickleReader(Cursor(pickle), budget, types).Read();
        foreach (var storage in types.Storages.Values)
        {
            budget.Take(64 + (2 * (data.Length + storage.Key.Length)));
            if (!byName.TryGetValue(data + storage.Key, out var entry))
                throw new FormatException($"lacks its entry {Text.Quote(data + storage.Key)}: it is damaged; get it again");
            if (entry.Length != storage.Bytes) throw WrongLength(storage);
            storage.Position = Stored(entry);
        }
        return Describe(file, tree, budget);

        static long Stored(ZipEntry entry) => !entry.Deflated ? entry.Position : throw new FormatException(
            $"has the entry {Text.Quote(entry.Name)} compressed, which PyTorch does not do: unpack it and pack it again without compression");

        FileCursor Cursor(ZipEntry entry) => new(file, Stored(entry), Stored(entry) + entry.Length);
    }

    static FormatException WrongLength(TorchStorage storage) => new($"is damaged: storage {Text.Quote(storage.Key)} is not as long as it should be; get it again");

    static DescribedFile Describe(InputFile file, object? tree, DescriptionBudget budget)
    {
        var tensors = new TensorList(budget);
        foreach (var (name, tensor) in PickleValue.Leaves<TorchTensor>(tree, "tensor", budget))
        {
            var storage = tensor.Storage;
            if (storage.Position < 0) throw new FormatException($"lacks the storage of tensor {Text.Quote(name)}: it is damaged; get it again");
            tensors.Add(StridedTensor.Describe(name, storage.Type, tensor.Shape, tensor.Strides, storage.Position, storage.Count, tensor.Offset));
        }
        return new DescribedFile(file, tensors.Entries);
    }

    static FormatException BigEndian() => new("was written on a big-endian machine: load it in PyTorch and save it on another");
}
