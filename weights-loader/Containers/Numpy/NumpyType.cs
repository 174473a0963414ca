using System.Globalization;

namespace GpuStyle.WeightsLoader;

/// <summary>The type of a NumPy array's elements (numpy.dtype).</summary>
/// <param name="Word">In the words of <see cref="ElementTypes"/>, else NumPy's own.</param>
/// <param name="Size">Bytes an element; 0 where it is not known.</param>
/// <param name="BigEndian">Whether an element's first byte is its most significant.</param>
readonly record struct NumpyType(string Word, int Size, bool BigEndian)
{
    /// <summary>Python objects: a pickle.</summary>
    public static NumpyType Objects { get; } = new("O", 0, false);

    /// <summary>Byte order, kind and bytes an element: <c>&lt;f4</c>, <c>|O</c>, <c>&gt;U12</c>.</summary>
    public static NumpyType Parse(string description)
    {
        if (description is "O" or ['|', 'O', ..]) return Objects;
        if (description.Length < 3 || description[0] is not ('<' or '>' or '|' or '=')
            || !int.TryParse(description.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int size))
            return new NumpyType(description, 0, false);
        string word = (description[1], size) switch
        {
            ('f', 2 or 4 or 8) => $"F{8 * size}",
            ('i', 1 or 2 or 4 or 8) => $"I{8 * size}",
            ('u', 1 or 2 or 4 or 8) => $"U{8 * size}",
            ('b', 1) => "BOOL",
            ('c', 8) => "C64",
            _ => description,
        };
        if (description[1] == 'U') size = (int)Math.Min(4L * size, int.MaxValue); // letters of 32 bits
        return new NumpyType(word, size, description[0] == '>');
    }

    /// <summary>An array of this type whose elements begin at <paramref name="position"/>; null where <paramref name="bytes"/> are too few.</summary>
    public ArrayTensor? Array(string name, IReadOnlyList<long> shape, bool columnsFirst, IByteSource source, long position, long bytes)
    {
        long elements = TensorList.Count(name, shape);
        return elements > 0 && Size > bytes / elements ? null
            : new ArrayTensor(name, Word, shape, elements, source, position) { BigEndian = BigEndian, ColumnsFirst = columnsFirst };
    }
}
