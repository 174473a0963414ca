namespace GpuStyle.WeightsLoader;

/// <summary>A message's repeated field of floats or doubles, packed into one run of bytes, or into several, or each value by itself.</summary>
/// <param name="type">F32 or F64.</param>
struct RepeatedValues(string type)
{
    readonly int size = ElementTypes.Bits(type) / 8;
    long runs, first;

    /// <summary>How many values there are.</summary>
    public long Count { get; private set; }

    /// <summary>Takes note of the values in the current field.</summary>
    public void Add(in WireReader field)
    {
        if (field.Kind is WireKind.Number || field.Length % this.size != 0)
            throw new FormatException($"is damaged near byte {field.Start}: no values of type {type}; get it again");
        if (this.runs++ == 0) this.first = field.Start;
        Count += field.Length / this.size;
    }

    /// <summary>The entry of a tensor with these values.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape, checked here against the number of values.</param>
    /// <param name="message">The message that has them.</param>
    /// <param name="field">The field.</param>
    public readonly TensorEntry Describe(string name, IReadOnlyList<long> shape, in WireReader message, int field)
    {
        if (TensorList.Count(name, shape) != Count) throw TensorList.Misfit(name, shape);
        return this.runs <= 1
            ? new StoredTensor(name, type, shape, Count, this.first, Count * this.size)
            : new RepeatedTensor(name, type, shape, Count, message.Start, message.Length, field);
    }
}

/// <summary>
/// A tensor whose values lie in a message as many fields, or as whole numbers that are the bits of half precision: the message is walked again
/// when they are read.
/// </summary>
sealed record RepeatedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Elements, long Start, long Length, int Field)
    : TensorEntry(Name, Type, Shape, Elements, ElementTypes.IsReadable(Type)), IStoredValues
{
    public long Read(InputFile file, Span<float> values)
    {
        int done = 0;
        var cursor = new FileCursor(file);
        for (var message = new WireReader(cursor, Start, Length); message.Next();)
        {
            if (message.Field != Field) continue;
            var rest = values[done..];
            done += Type is "F32" or "F64" ? Floats(file, cursor, message, rest) : Halves(cursor, message, rest);
        }
        return FloatConversion.IndexOfNonFinite(values);
    }

    /// <summary>The values of one field; how many.</summary>
    int Floats(InputFile file, FileCursor cursor, in WireReader field, Span<float> values)
    {
        int count = (int)(field.Length / (ElementTypes.Bits(Type) / 8));
        if (count > 1) StoredElements.Read(file, Type, field.Start, values[..count]);
        else if (count == 1) values[0] = Type == "F64" ? (float)cursor.At(field.Start).Double() : BitConverter.Int32BitsToSingle(cursor.At(field.Start).Int32());
        return count;
    }

    int Halves(FileCursor cursor, in WireReader field, Span<float> values)
    {
        if (field.Kind == WireKind.Number) return Half(field.Value, values);
        int count = 0;
        for (cursor.Position = field.Start; cursor.Position < field.Start + field.Length;) count += Half(WireReader.Varint(cursor), values[count..]);
        return count;
    }

    int Half(long bits, Span<float> values)
    {
        values[0] = Type == "F16" ? (float)BitConverter.UInt16BitsToHalf((ushort)bits) : BitConverter.UInt32BitsToSingle((uint)bits << 16);
        return 1;
    }
}
