namespace GpuStyle.WeightsLoader;

/// <summary>A run of elements of one type that tensors look into.</summary>
/// <param name="key">Its name in the file.</param>
/// <param name="type">Its element type, in the words of <see cref="ElementTypes"/>.</param>
/// <param name="count">How many elements.</param>
sealed class TorchStorage(string key, string type, long count)
{
    public string Key => key;

    public string Type => type;

    public long Count => count;

    public long Bytes => count * (ElementTypes.Bits(type) / 8);

    /// <summary>Where the first element lies in the file; known once it has been found.</summary>
    public long Position { get; set; } = -1;
}

/// <summary>A tensor as a pickle describes it: a view of a storage.</summary>
sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// What a state dict's pickle may ask for (torch/_utils.py and torch/serialization.py of PyTorch): ordered dictionaries, storages, and the
/// functions that make a tensor of a storage.
/// </summary>
sealed class TorchTypes : PickleTypes
{
    readonly Dictionary<string, TorchStorage> storages = new(StringComparer.Ordinal);

    sealed record StorageType(string Element);

    /// <summary>The storages by key.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => this.storages;

    /// <inheritdoc/>
    public override string Advice => "save the network's state_dict() alone and take that file";

    /// <inheritdoc/>
    public override object? Find(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => (PickleConstructor)PickleValue.OrderedDictionary,
        ("torch._utils", "_rebuild_tensor" or "_rebuild_tensor_v2") => (PickleConstructor)Tensor,
        ("torch._utils", "_rebuild_parameter" or "_rebuild_parameter_with_state") => (PickleConstructor)Parameter,
        ("torch", "Size") => (PickleConstructor)(arguments => arguments is [var size] ? size : throw Wrong("a size")),
        ("torch" or "torch.cuda", _) => Element(name) is { } element ? new StorageType(element) : null,
        _ => null,
    };

    static string? Element(string name) => name switch
    {
        "FloatStorage" => "F32",
        "DoubleStorage" => "F64",
        "HalfStorage" => "F16",
        "BFloat16Storage" => "BF16",
        "LongStorage" => "I64",
        "IntStorage" => "I32",
        "ShortStorage" => "I16",
        "CharStorage" => "I8",
        "ByteStorage" => "U8",
        "BoolStorage" => "BOOL",
        "ComplexFloatStorage" => "C64",
        _ => null,
    };

    /// <summary>('storage', type, key, device, count) and, in old files, a view of it: (key, offset, count) or None.</summary>
    public override object Persistent(object? identity)
    {
        var items = PickleValue.Items(identity);
        if (items is not ([_, StorageType, _, _, long and >= 0 and <= long.MaxValue / 16, ..] and { Count: 5 or 6 })
            || PickleValue.Text(items[0]) != "storage" || PickleValue.Text(items[2]) is not { } key)
            throw Wrong("a storage");
        if (items.Count == 6 && items[5] is not null)
            throw new FormatException($"has storage {Text.Quote(key)} inside another, as PyTorch before 0.4 could write: load it there and save it again");
        var storage = new TorchStorage(key, ((StorageType)items[1]!).Element, (long)items[4]!);
        if (this.storages.TryAdd(key, storage)) return storage;
        var known = this.storages[key];
        return (known.Type, known.Count) == (storage.Type, storage.Count) ? known : throw Wrong($"the storage {Text.Quote(key)}");
    }

    /// <summary>(storage, offset, size, stride, ...).</summary>
    static TorchTensor Tensor(object?[] arguments) =>
        arguments is [TorchStorage storage, long and >= 0 and var offset, var size, var stride, ..]
        && PickleValue.Numbers(size) is { } shape && PickleValue.Numbers(stride) is { } strides
            ? new TorchTensor(storage, offset, shape, strides)
            : throw Wrong("a tensor");

    /// <summary>(tensor, requires_grad, hooks, ...).</summary>
    static TorchTensor Parameter(object?[] arguments) => arguments is [TorchTensor tensor, ..] ? tensor : throw Wrong("a parameter");

    static FormatException Wrong(string what) => PickleReader.Damaged($"{what} is not described as PyTorch does");
}
