namespace GpuStyle.WeightsLoader;

/// <summary>
/// A tensor whose elements lie in its file at distances of its own, dimension by dimension: transposed, columns first, or a part of a
/// larger one. No two of its elements lie in one place.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type, in the words of <see cref="ElementTypes"/>.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Elements">Their product.</param>
/// <param name="Strides">For each dimension, how many elements lie between neighbours.</param>
/// <param name="Position">Where its first element lies in the file.</param>
sealed record StridedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Elements, IReadOnlyList<long> Strides, long Position)
    : TensorEntry(Name, Type, Shape, Elements, ElementTypes.IsReadable(Type)), IStoredValues
{
    const int Piece = 1 << 15;

    /// <summary>
    /// The entry for a tensor in a storage of <paramref name="count"/> elements at <paramref name="position"/>: a plain
    /// <see cref="StoredTensor"/> where its elements lie row by row, and one that is not read where it covers a place twice (PyTorch's expand), as
    /// a few bytes could be a tensor of any size.
    /// </summary>
    /// <exception cref="FormatException">It does not fit in the storage; the message continues "FILE ...".</exception>
    public static TensorEntry Describe(string name, string type, IReadOnlyList<long> shape, IReadOnlyList<long> strides, long position, long count, long offset)
    {
        long elements = TensorList.Count(name, shape);
        if (strides.Count != shape.Count || offset < 0 || offset > count) throw TensorList.Misfit(name, shape);
        int size = ElementTypes.Bits(type) / 8;
        long start = position + (offset * size);
        if (elements == 0) return new StoredTensor(name, type, shape, 0, start, 0);
        Int128 last = offset;
        for (int d = 0; d < shape.Count; d++)
        {
            if (strides[d] < 0) throw TensorList.Misfit(name, shape);
            last += (Int128)(shape[d] - 1) * strides[d];
        }
        if (last >= count) throw TensorList.Misfit(name, shape);
        if (IsRowMajor(shape, strides)) return new StoredTensor(name, type, shape, elements, start, elements * size);
        var tensor = new StridedTensor(name, type, shape, elements, strides, start);
        long reach = 1; // of the dimensions so far, from the first element to behind the last
        foreach (int d in tensor.ByStride().Reverse())
        {
            if (strides[d] < reach) return new UnreadTensor(name, $"{type} (elements that share their places)", shape, elements);
            reach = (shape[d] - 1) * strides[d] + reach;
        }
        return tensor;
    }

    static bool IsRowMajor(IReadOnlyList<long> shape, IReadOnlyList<long> strides)
    {
        long expected = 1;
        for (int d = shape.Count - 1; d >= 0; d--)
        {
            if (shape[d] == 1) continue;
            if (strides[d] != expected) return false;
            expected *= shape[d];
        }
        return true;
    }

    /// <summary>The dimensions with more than one place, the largest stride first.</summary>
    int[] ByStride() => [.. Enumerable.Range(0, Shape.Count).Where(d => Shape[d] > 1).OrderByDescending(d => Strides[d])];

    /// <summary>Walks the file from front to back, piece by piece, and puts each value in its place.</summary>
    public long Read(InputFile file, Span<float> values)
    {
        int[] order = ByStride();
        int rank = order.Length, size = ElementTypes.Bits(Type) / 8;
        long[] sizes = [.. order.Select(d => Shape[d])], strides = [.. order.Select(d => Strides[d])];
        long[] steps = [.. order.Select(d => Shape.Skip(d + 1).Aggregate(1L, (product, n) => product * n))];
        long end = 1 + sizes.Zip(strides, (n, stride) => (n - 1) * stride).Sum(), buffered = 0, behind = 0, from = 0, to = 0, nonFinite = -1;
        var at = new long[rank];
        var buffer = new float[Math.Min(Piece, end)];
        for (long done = 0; done < Elements; done++)
        {
            if (from >= behind)
            {
                int length = (int)Math.Min(buffer.Length, end - from);
                StoredElements.Read(file, Type, Position + (from * size), buffer.AsSpan(0, length));
                (buffered, behind) = (from, from + length);
            }
            float value = buffer[from - buffered];
            values[(int)to] = value;
            if (!float.IsFinite(value) && (nonFinite < 0 || to < nonFinite)) nonFinite = to;
            for (int d = rank - 1; d >= 0; d--)
            {
                (from, to) = (from + strides[d], to + steps[d]);
                if (++at[d] < sizes[d]) break;
                (from, to, at[d]) = (from - (sizes[d] * strides[d]), to - (sizes[d] * steps[d]), 0);
            }
        }
        return nonFinite;
    }
}
