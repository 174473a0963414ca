namespace GpuStyle.WeightsLoader;

/// <summary>
/// A TensorFlow.js layers model: the model.json that is opened, and beside it the shards that its manifest names. Weights are float32,
/// or stored as float16 or as 8 or 16 bits with a scale and a minimum (tfjs-core, io/io_utils.ts).
/// </summary>
sealed class TensorflowJsFile
{
    /// <summary>The longest model.json that is read, in bytes; those of VGG-19 have some 20,000.</summary>
    const long LongestText = 64 << 20;

    /// <summary>Each is an open file; the converter makes them 4 MB long, 144 for the whole of VGG-19.</summary>
    const int MostShards = 500;

    readonly InputFile file;
    readonly TensorList tensors;
    readonly Disposables shards;
    int count;

    TensorflowJsFile(InputFile file, DescriptionBudget budget, Disposables shards) => (this.file, this.tensors, this.shards) = (file, new TensorList(budget), shards);

    /// <summary>Opens the model whose text is in <paramref name="file"/>.</summary>
    public static TensorFile Open(InputFile file)
    {
        if (file.Length > LongestText) throw new FormatException("is a JSON text too long for a TensorFlow.js model: name a weight file");
        var budget = new DescriptionBudget(file.Length);
        var groups = WeightsManifest.Parse(file.Start((int)file.Length), budget)
            ?? throw new FormatException("is a JSON text without the weightsManifest of a TensorFlow.js model: name a weight file");
        var opened = new TensorflowJsFile(file, budget, new Disposables());
        try
        {
            foreach (var group in groups) opened.Add(group);
            return new DescribedFile(file, opened.tensors.Entries, companions: opened.shards);
        }
        catch
        {
            opened.shards.Dispose();
            throw;
        }
    }

    void Add(ManifestGroup group)
    {
        var bytes = new JoinedBytes([.. group.Paths.Select(Shard)]);
        long position = 0;
        foreach (var weight in group.Weights)
        {
            var (name, shape) = (weight.Name, weight.Shape);
            long elements = TensorList.Count(name, shape);
            string what = $"tensor {Text.Quote(name)}", storage = StorageType(weight, what);
            int size = ElementTypes.Bits(storage) / 8;
            if (elements > (bytes.Length - position) / size)
                throw new FormatException($"is cut short: its shards hold {bytes.Length} bytes, too few for {what}; copy or download them again");
            this.tensors.Add(weight.Quantization is { Type: not "float16" } affine
                ? new AffineTensor(name, $"affine {storage}", shape, elements, bytes, position, affine.Scale, affine.Min) { Storage = storage, IsReadable = true }
                : new ArrayTensor(name, storage, shape, elements, bytes, position));
            position += elements * size;
        }
        if (position != bytes.Length)
            throw new FormatException($"names shards of {bytes.Length} bytes where its weights have {position}; copy or download model and shards again");
    }

    /// <summary>The type of the stored elements; texts, whose length only the data tell, are refused.</summary>
    static string StorageType(ManifestWeight weight, string what) => weight switch
    {
        { Quantization.Type: "uint8" } => "U8",
        { Quantization.Type: "uint16" } => "U16",
        { Quantization.Type: "float16" } => "F16",
        { Quantization: { } other } => throw new FormatException($"has {what} quantised as {Text.Quote(other.Type)}, which is not read: convert the model again without"),
        { Type: "float32" } => "F32",
        { Type: "int32" } => "I32",
        { Type: "bool" } => "BOOL",
        { Type: "uint8" } => "U8",
        { Type: "complex64" } => "C64",
        _ => throw new FormatException($"has {what} of type {Text.Quote(weight.Type)}, which is not read: convert the model again with float32"),
    };

    /// <summary>Opens a shard; a path may not lead out of the model's folder.</summary>
    InputFile Shard(string name)
    {
        if (this.count++ == MostShards) throw new FormatException($"names more than {MostShards} shards: convert the model again into fewer");
        string[] parts = name.Split('/', '\\');
        if (parts.Any(part => part is "" or "." or ".." || part.AsSpan().IndexOfAny(':', '\0') >= 0))
            throw new FormatException($"names the shard {Text.Quote(name)}, which is no file of its folder: name the shards plainly and put them beside it");
        string path = Path.Combine([Path.GetDirectoryName(this.file.Path) ?? "", .. parts]);
        try
        {
            return this.shards.Add(InputFile.Open(path));
        }
        catch (WeightsException e)
        {
            throw new FormatException($"names the shard {Text.Quote(name)}, which cannot be used ({e.Message[(Text.Printable(path).Length + 1)..].TrimEnd('.')}): put all shards beside it", e);
        }
    }
}
