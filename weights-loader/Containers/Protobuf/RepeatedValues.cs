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
        if (field.Kind is WireKind.Number || field.Length % this.size != 0) throw new FormatException($"is damaged near byte {field.Start}: no values of type {type}; get it again");
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

/// <summary>A tensor whose values lie in a message as many fields: the message is walked again when they are read.</summary>
sealed record RepeatedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Elements, long Start, long Length, int Field)
    : TensorEntry(Name, Type, Shape, Elements, ElementTypes.IsReadable(Type)), IStoredValues
{
    public long Read(InputFile file, Span<float> values)
    {
        int size = ElementTypes.Bits(Type) / 8, done = 0;
        var cursor = new FileCursor(file);
        var message = new WireReader(cursor, Start, Length);
        while (message.Next())
        {
            if (message.Field != Field) continue;
            int count = (int)(message.Length / size);
            if (count == 1) values[done] = size == 4 ? BitConverter.Int32BitsToSingle(cursor.At(message.Start).Int32()) : (float)cursor.At(message.Start).Double();
            else StoredElements.Read(file, Type, message.Start, values.Slice(done, count));
            done += count;
        }
        return FloatConversion.IndexOfNonFinite(values);
    }
}
