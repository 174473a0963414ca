namespace GpuStyle.WeightsLoader;

/// <summary>An array in a pickle: numbers that stay in the file, or Python objects.</summary>
sealed class PickledArray : List<object?>, IPickleState
{
    /// <summary>The numbers' type.</summary>
    public NumpyType Type { get; private set; } = NumpyType.Objects;

    /// <summary>Its dimensions, outermost first.</summary>
    public long[] Shape { get; private set; } = [];

    /// <summary>Whether the first index runs fastest.</summary>
    public bool ColumnsFirst { get; private set; }

    /// <summary>Where the numbers are, or null.</summary>
    public PickleBytes? Numbers { get; private set; }

    /// <summary>numpy.ndarray.__setstate__: version, shape, type, whether columns come first, elements.</summary>
    void IPickleState.Set(object? state)
    {
        if (PickleValue.Items(state) is not [_, var shape, PickledType type, bool columnsFirst, var elements] || PickleValue.Numbers(shape) is not { } sizes)
            throw PickleReader.Damaged("an array is not described as NumPy does");
        (Shape, Type, ColumnsFirst, Numbers) = (sizes, type.Type, columnsFirst, elements as PickleBytes);
        if (Numbers is null) AddRange(PickleValue.Items(elements) ?? throw PickleReader.Damaged("an array is without its elements"));
    }
}

/// <summary>An array's type in a pickle: made of its kind and size, told its byte order afterwards.</summary>
sealed class PickledType(string kind) : IPickleState
{
    /// <summary>The type.</summary>
    public NumpyType Type { get; private set; } = NumpyType.Parse($"|{kind}");

    /// <summary>numpy.dtype.__setstate__: version, byte order, and what only records have.</summary>
    void IPickleState.Set(object? state)
    {
        if (PickleValue.Items(state) is not [_, var order, ..] || PickleValue.Text(order) is not { Length: 1 } letter)
            throw PickleReader.Damaged("a type is not described as NumPy does");
        Type = NumpyType.Parse(letter + kind);
    }
}

/// <summary>What an array's pickle may ask for (numpy/core/src/multiarray/methods.c, array_reduce): arrays and their types.</summary>
sealed class NumpyPickleTypes : PickleTypes
{
    static readonly object ArrayType = new();

    /// <inheritdoc/>
    public override string Advice => "save a dictionary of plain arrays, or use numpy.savez";

    /// <inheritdoc/>
    public override object? Find(string module, string name) => (module, name) switch
    {
        ("numpy.core.multiarray" or "numpy._core.multiarray", "_reconstruct") =>
            (PickleConstructor)(arguments => arguments is [var type, ..] && type == ArrayType ? new PickledArray() : throw PickleReader.Damaged("an array is of no known kind")),
        ("numpy", "ndarray") => ArrayType,
        ("numpy", "dtype") =>
            (PickleConstructor)(arguments => arguments is [var kind, ..] && PickleValue.Text(kind) is { Length: < 16 } text ? new PickledType(text) : throw PickleReader.Damaged("a type is of no known kind")),
        ("collections", "OrderedDict") => (PickleConstructor)PickleValue.OrderedDictionary,
        _ => null,
    };
}
