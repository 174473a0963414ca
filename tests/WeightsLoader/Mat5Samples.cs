using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Makes MAT files of level 5 in either byte order, right and wrong.</summary>
sealed class Mat5Samples(bool bigEndian)
{
    public const int Int8 = 1, UInt8 = 2, UInt16 = 4, Single = 7, Double = 9, Matrix = 14, Compressed = 15;

    public byte[] File(params byte[][] variables)
    {
        var header = new byte[128];
        Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file, Platform: GLNXA64".PadRight(116)).CopyTo(header, 0);
        (bigEndian ? "\u0001\0MI"u8 : "\0\u0001IM"u8).CopyTo(header.AsSpan(124));
        return [.. header, .. variables.SelectMany(v => v)];
    }

    /// <summary>A data element, in the short form where it fits.</summary>
    public byte[] Element(int type, byte[] data, bool padded = true) => data.Length is > 0 and <= 4 && type != Matrix
        ? [.. Number((uint)((data.Length << 16) | type)), .. data, .. new byte[4 - data.Length]]
        : [.. Number((uint)type), .. Number((uint)data.Length), .. data, .. new byte[padded ? -data.Length & 7 : 0]];

    /// <summary>An array of a class: its flags, dimensions and name, and what follows.</summary>
    public byte[] Array(int kind, string name, int[] shape, params byte[][] parts) => Element(Matrix,
    [
        .. Element(6, [.. Number((uint)kind), .. Number(0)]), .. Element(5, [.. shape.SelectMany(s => Number((uint)s))]),
        .. Element(Int8, Encoding.ASCII.GetBytes(name)), .. parts.SelectMany(p => p),
    ]);

    public byte[] Singles(string name, int[] shape, params float[] values) => Array(7, name, shape, Element(Single, Bytes(values)));

    public byte[] Text(string name, string text) => Array(4, name, [1, text.Length],
        Element(UInt16, bigEndian ? Encoding.BigEndianUnicode.GetBytes(text) : Encoding.Unicode.GetBytes(text)));

    public byte[] Cells(string name, params byte[][] cells) => Array(1, name, [1, cells.Length], cells);

    /// <summary>A struct array: as many structs as values divide by fields.</summary>
    public byte[] Structs(string name, string[] fields, params byte[][] values) => Array(2, name, [1, values.Length / fields.Length],
    [
        Element(5, Number(16)), Element(Int8, [.. fields.SelectMany(f => Encoding.ASCII.GetBytes(f.PadRight(16, '\0')))]), .. values,
    ]);

    public byte[] Deflated(byte[] element)
    {
        using var bytes = new MemoryStream();
        using (var zlib = new ZLibStream(bytes, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(element);
        return Element(Compressed, bytes.ToArray(), padded: false);
    }

    public byte[] Number(uint value)
    {
        var bytes = new byte[4];
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    public byte[] Bytes(params float[] values) => [.. values.SelectMany(v => Number(BitConverter.SingleToUInt32Bits(v)))];

    /// <summary>MatConvNet's form: a cell array of layers with cells of weights.</summary>
    public byte[] Network(float[] kernel, float[] bias) => Cells("layers",
        Structs("", ["name", "type", "weights"], Text("", "conv1_1"), Text("", "conv"),
            Cells("", Singles("", [3, 3, 3, kernel.Length / 27], kernel), Singles("", [1, bias.Length], bias))),
        Structs("", ["name", "type"], Text("", "relu1_1"), Text("", "relu")));
}
