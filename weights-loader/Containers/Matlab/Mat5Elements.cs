using System.Buffers.Binary;

namespace GpuStyle.WeightsLoader;

/// <summary>A data element of a MAT file of level 5.</summary>
/// <param name="Type">One of <see cref="Mat5Elements"/>' types.</param>
/// <param name="Start">Where its data begin.</param>
/// <param name="Bytes">How many there are; checked to be there.</param>
/// <param name="Next">Where the next element begins.</param>
/// <param name="Short">The data where they lie in the tag: who unpacks should not have to go back to them.</param>
readonly record struct Mat5Element(int Type, long Start, long Bytes, long Next, byte[]? Short = null)
{
    /// <summary>Where its data end.</summary>
    public long End => Start + Bytes;
}

/// <summary>The data elements in a source: a tag with type and length, then data (MathWorks, MAT-File Format, chapter 1).</summary>
sealed class Mat5Elements(IByteSource source, bool bigEndian)
{
    public const int Int8 = 1, Int32 = 5, UInt32 = 6, Matrix = 14, Compressed = 15;

    /// <summary>The bytes.</summary>
    public IByteSource Source => source;

    /// <summary>Whether numbers begin with their most significant byte.</summary>
    public bool BigEndian => bigEndian;

    /// <summary>The element at <paramref name="position"/>, which must end by <paramref name="end"/>.</summary>
    public Mat5Element At(long position, long end)
    {
        if (position > end - 8) throw Cut();
        Span<byte> tag = stackalloc byte[8];
        source.Read(tag, position);
        uint type = Number(tag), bytes = Number(tag[4..]);
        if (type >> 16 is var few and not 0) // data of up to four bytes lie in the tag itself
            return few <= 4 ? new Mat5Element((int)(type & 0xFFFF), position + 4, few, position + 8, tag.Slice(4, (int)few).ToArray()) : throw Malformed();
        long start = position + 8;
        if (bytes > end - start) throw Cut();
        long next = type == Compressed ? start + bytes : Math.Min(end, start + ((bytes + 7L) & ~7L));
        return new Mat5Element((int)Math.Min(type, int.MaxValue), start, bytes, next);
    }

    /// <summary>The data of a short element.</summary>
    public byte[] Read(Mat5Element element, int longest)
    {
        if (element.Bytes > longest) throw Malformed();
        if (element.Short is not null) return element.Short;
        var bytes = new byte[element.Bytes];
        source.Read(bytes, element.Start);
        return bytes;
    }

    /// <summary>The 32-bit numbers of a short element.</summary>
    public uint[] ReadNumbers(Mat5Element element, int most)
    {
        if (element.Type is not (Int32 or UInt32) || element.Bytes % 4 != 0) throw Malformed();
        byte[] bytes = Read(element, 4 * most);
        var numbers = new uint[bytes.Length / 4];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = Number(bytes.AsSpan(4 * i));
        return numbers;
    }

    uint Number(ReadOnlySpan<byte> bytes) => bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    /// <summary>The stored type of numbers, in the words of <see cref="ElementTypes"/>; null for what is no number.</summary>
    public static string? NumberType(int type) => type switch
    {
        Int8 => "I8",
        2 => "U8",
        3 => "I16",
        4 => "U16",
        Int32 => "I32",
        UInt32 => "U32",
        7 => "F32",
        9 => "F64",
        12 => "I64",
        13 => "U64",
        _ => null,
    };

    public static FormatException Malformed() => new("is a MATLAB .mat with a malformed variable; copy or download it again");

    public static FormatException Cut() => new("is cut short: it is a MATLAB .mat and a variable goes beyond its end; copy or download it again");
}
