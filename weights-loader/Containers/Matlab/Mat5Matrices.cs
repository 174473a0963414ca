using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>Walks the arrays of a MAT file of level 5: numbers, texts, cells and structs; other kinds are passed over.</summary>
sealed class Mat5Matrices(Mat5Elements elements, MatlabTensors found)
{
    const int MaximumRank = 32, LongestName = 64, MostFields = 4096;

    enum Kind { Cell = 1, Struct = 2, Characters = 4, Double = 6, Single = 7, UInt64 = 15 }

    /// <summary>The types of the numeric classes, from <see cref="Kind.Double"/> to <see cref="Kind.UInt64"/>.</summary>
    static readonly string[] Types = ["F64", "F32", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64"];

    /// <summary>Walks a variable.</summary>
    public void Variable(Mat5Element element) => Matrix(element, null, 0);

    void Matrix(Mat5Element element, string? path, int depth)
    {
        if (path is not null) found.Enter(path, depth);
        if (element.Type != Mat5Elements.Matrix) throw Mat5Elements.Malformed();
        if (element.Bytes == 0) return; // an empty cell or field
        found.Take(400);
        var part = elements.At(element.Start, element.End);
        if (elements.ReadNumbers(part, 2) is not [var flags, _]) throw Mat5Elements.Malformed();
        var kind = (Kind)(flags & 0xFF);
        bool complex = (flags & 0x800) != 0, logical = (flags & 0x200) != 0;
        if (kind is not (Kind.Cell or Kind.Struct or Kind.Characters or (>= Kind.Double and <= Kind.UInt64))) return;
        part = elements.At(part.Next, element.End);
        long[] shape = [.. elements.ReadNumbers(part, MaximumRank).Select(size => (long)size)];
        if (shape.Length < 2) throw Mat5Elements.Malformed();
        part = elements.At(part.Next, element.End);
        string name = Encoding.UTF8.GetString(elements.Read(part, LongestName));
        if (path is null) found.Enter(path = name, depth);
        long count = TensorList.Count(path, shape);
        switch (kind)
        {
            case Kind.Cell: Cells(part.Next, element.End, path, count, depth); break;
            case Kind.Struct: Structs(part.Next, element.End, path, count, depth); break;
            case Kind.Characters: Characters(elements.At(part.Next, element.End), path, shape[0], count); break;
            default:
                string type = complex ? "complex" : logical ? "BOOL" : Types[kind - Kind.Double];
                Numbers(elements.At(part.Next, element.End), path, type, shape, count);
                break;
        }
    }

    void Cells(long position, long end, string path, long count, int depth)
    {
        for (long i = 0; i < count; i++)
        {
            var cell = elements.At(position, end);
            Matrix(cell, MatlabTensors.Part(path, i), depth + 1);
            position = cell.Next;
        }
    }

    /// <summary>The length of a field's name, the names, and then each struct's fields in turn.</summary>
    void Structs(long position, long end, string path, long count, int depth)
    {
        var part = elements.At(position, end);
        if (elements.ReadNumbers(part, 1) is not [var length and > 0 and <= LongestName]) throw Mat5Elements.Malformed();
        part = elements.At(part.Next, end);
        found.Take((2 * part.Bytes) + (100 * (part.Bytes / length)));
        byte[] text = elements.Read(part, MostFields * LongestName);
        string[] fields = [.. text.Chunk((int)length).Select(name => Encoding.UTF8.GetString(name).TrimEnd('\0'))];
        position = part.Next;
        for (long i = 0; i < count && fields.Length > 0; i++)
            foreach (string name in fields)
            {
                var field = elements.At(position, end);
                Matrix(field, MatlabTensors.Field(count == 1 ? path : MatlabTensors.Part(path, i), name), depth + 1);
                position = field.Next;
            }
    }

    /// <summary>Texts, of 8-bit, UTF-8, UTF-16 or UTF-32 characters.</summary>
    void Characters(Mat5Element data, string path, long rows, long count)
    {
        found.Take(MatlabTensors.TextCost * data.Bytes);
        byte[] bytes = elements.Read(data, Array.MaxLength);
        string? text = data.Type switch
        {
            Mat5Elements.Int8 or 2 => Encoding.Latin1.GetString(bytes),
            4 or 17 => (elements.BigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode).GetString(bytes),
            16 => Encoding.UTF8.GetString(bytes),
            18 => (elements.BigEndian ? new UTF32Encoding(true, false) : Encoding.UTF32).GetString(bytes),
            _ => null,
        };
        if (text is null) throw Mat5Elements.Malformed();
        found.Add(path, text, text.Length == count ? rows : 1);
    }

    /// <summary>Numbers: whole ones may be stored in fewer bytes than their class has.</summary>
    void Numbers(Mat5Element data, string path, string type, long[] shape, long count)
    {
        string storage = Mat5Elements.NumberType(data.Type) ?? throw Mat5Elements.Malformed();
        if (count > data.Bytes / (ElementTypes.Bits(storage) / 8)) throw Mat5Elements.Malformed();
        found.Add(new ArrayTensor(path, type, shape, count, elements.Source, data.Start)
        {
            Storage = storage,
            BigEndian = elements.BigEndian,
            ColumnsFirst = true,
        });
    }
}
