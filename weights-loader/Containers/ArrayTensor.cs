namespace GpuStyle.WeightsLoader;

/// <summary>A tensor that lies in a source of bytes as one run of elements, in either byte order, rows or columns first.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type, in the words of <see cref="ElementTypes"/>.</param>
/// <param name="Shape">Its dimensions as they are meant, outermost first.</param>
/// <param name="Elements">Their product.</param>
/// <param name="Source">Where the elements are.</param>
/// <param name="Position">Where the first is.</param>
record ArrayTensor(string Name, string Type, IReadOnlyList<long> Shape, long Elements, IByteSource Source, long Position)
    : TensorEntry(Name, Type, Shape, Elements, ElementTypes.IsReadable(Type)), IStoredValues
{
    /// <summary>The type of the elements as they are stored, where that is another one.</summary>
    public string Storage { get; init; } = Type;

    /// <summary>Whether an element's first byte is its most significant.</summary>
    public bool BigEndian { get; init; }

    /// <summary>Whether the first index runs fastest, as in MATLAB and Fortran.</summary>
    public bool ColumnsFirst { get; init; }

    long IStoredValues.Read(InputFile file, Span<float> values) => Read(values);

    /// <summary>As <see cref="TensorFile.ReadFloat32(string)"/> wants it: row-major values, and the place of the first that is not finite.</summary>
    public long Read(Span<float> values)
    {
        if (!ColumnsFirst || Shape.Count < 2) return ReadStored(values);
        float[] columns = GC.AllocateUninitializedArray<float>(values.Length);
        long nonFinite = ReadStored(columns);
        ColumnOrder.ToRows(columns, Shape, values);
        return nonFinite < 0 ? nonFinite : FloatConversion.IndexOfNonFinite(values);
    }

    /// <summary>The values in the order in which they are stored, and the place of the first that is not finite.</summary>
    protected virtual long ReadStored(Span<float> values) => StoredElements.Read(Source, Storage, Position, values, BigEndian);
}
