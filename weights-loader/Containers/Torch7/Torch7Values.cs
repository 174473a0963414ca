namespace GpuStyle.WeightsLoader;

/// <summary>A Lua table: its pairs in the order of the file.</summary>
sealed class LuaTable
{
    public List<(object? Key, object? Value)> Pairs { get; } = [];

    /// <summary>The value under a text, or null.</summary>
    public object? this[string key] => Pairs.FirstOrDefault(pair => pair.Key is string text && text == key).Value;
}

/// <summary>An object of a class of which only its table is of interest: every nn module.</summary>
/// <param name="Name">The class, such as nn.SpatialConvolution.</param>
sealed record LuaObject(string Name)
{
    /// <summary>Its fields.</summary>
    public object? Fields { get; set; }
}

/// <summary>A run of elements of one type.</summary>
sealed record LuaStorage(string Type, long Count, long Position);

/// <summary>A view of a storage; of nothing where that is null.</summary>
/// <param name="Type">Its element type, in the words of <see cref="ElementTypes"/>.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Strides">Its strides.</param>
/// <param name="Offset">Its first element's place in the storage.</param>
sealed record LuaTensor(string Type, long[] Shape, long[] Strides, long Offset)
{
    /// <summary>Read after the rest.</summary>
    public LuaStorage? Storage { get; set; }
}
