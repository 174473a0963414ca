namespace GpuStyle.WeightsLoader;

/// <summary>The type of an array's elements (section IV.A.2.d).</summary>
/// <param name="Word">In the words of <see cref="ElementTypes"/>, or a word that says what it is.</param>
/// <param name="Size">Bytes an element.</param>
/// <param name="BigEndian">Whether an element's first byte is its most significant.</param>
/// <param name="IsReference">Whether elements are addresses of objects.</param>
readonly record struct Hdf5Type(string Word, int Size, bool BigEndian, bool IsReference)
{
    /// <summary>Reads a datatype message.</summary>
    public static Hdf5Type Read(Hdf5Bytes message)
    {
        int kind = message.One() & 15, flags = message.One();
        message.Skip(2);
        uint size = message.Four();
        if (size is 0 or > 1 << 24) throw Hdf5Bytes.Malformed("element type");
        string word = kind switch
        {
            0 => Integer(message, (int)size, signed: (flags & 8) != 0),
            1 => Float(message, (int)size, flags),
            3 => "text",
            6 => "compound",
            7 => "reference",
            8 => "enumeration",
            9 => "of varying length",
            _ => "of another kind",
        };
        return new Hdf5Type(word, (int)size, kind is 0 or 1 && (flags & 1) != 0, kind == 7 && (flags & 15) == 0);
    }

    static string Integer(Hdf5Bytes message, int size, bool signed)
    {
        message.Skip(2);
        return size is 1 or 2 or 4 or 8 && message.Two() == 8 * size ? $"{(signed ? 'I' : 'U')}{8 * size}" : "integer";
    }

    /// <summary>IEEE's formats and bfloat16, told by the places and widths of exponent and mantissa.</summary>
    static string Float(Hdf5Bytes message, int size, int flags)
    {
        message.Skip(4);
        var fields = (Size: size, ExponentAt: message.One(), Exponent: message.One(), MantissaAt: message.One(), Mantissa: message.One());
        if ((flags & 0x40) != 0) return "float"; // VAX order
        return fields switch
        {
            (2, 10, 5, 0, 10) => "F16",
            (2, 7, 8, 0, 7) => "BF16",
            (4, 23, 8, 0, 23) => "F32",
            (8, 52, 11, 0, 52) => "F64",
            _ => "float",
        };
    }
}
