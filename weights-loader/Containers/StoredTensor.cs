using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace GpuStyle.WeightsLoader;

/// <summary>A tensor that lies in its file as one run of little-endian elements, rows first.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type, in the words of <see cref="ElementTypes"/>.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Elements">Their product.</param>
/// <param name="Position">Where its first byte lies in the file.</param>
/// <param name="Bytes">Its length in bytes.</param>
public sealed record StoredTensor(string Name, string Type, IReadOnlyList<long> Shape, long Elements, long Position, long Bytes)
    : TensorEntry(Name, Type, Shape, Elements, ElementTypes.IsReadable(Type)), IStoredValues
{
    long IStoredValues.Read(InputFile file, Span<float> values) => StoredElements.Read(file, Type, Position, values);
}

/// <summary>Reads runs of stored elements as float32.</summary>
static class StoredElements
{
    const int Piece = 1 << 18;

    /// <summary>
    /// Converts the elements of <paramref name="source"/> from <paramref name="position"/> on to float32, as many as <paramref name="values"/> holds, and gives
    /// the place of the first that is not finite, or -1. Piece by piece, so that conversion and check find the values in the cache.
    /// </summary>
    public static long Read(IByteSource source, string type, long position, Span<float> values, bool bigEndian = false)
    {
        int size = ElementTypes.Bits(type) / 8;
        byte[]? buffer = type == "F32" ? null : new byte[Math.Min(Piece, (long)values.Length * size)];
        long nonFinite = -1;
        for (int done = 0; done < values.Length;)
        {
            var part = values.Slice(done, Math.Min(values.Length - done, Piece / size));
            var bytes = buffer is null ? MemoryMarshal.AsBytes(part) : buffer.AsSpan(0, part.Length * size);
            source.Read(bytes, position + (long)done * size);
            Convert(type, bytes, part, bigEndian);
            if (nonFinite < 0 && FloatConversion.IndexOfNonFinite(part) is >= 0 and var at) nonFinite = done + at;
            done += part.Length;
        }
        return nonFinite;
    }

    /// <summary>Turns big-endian elements into little-endian ones, in their place.</summary>
    static void Reverse(Span<byte> bytes, int size)
    {
        switch (size)
        {
            case 2:
                var words = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case 4:
                var longs = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
            case 8:
                var quads = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(quads, quads);
                break;
        }
    }

    /// <summary>Converts elements, which are turned in their place where they are big-endian; F32 bytes that already are <paramref name="values"/> stay there.</summary>
    public static void Convert(string type, Span<byte> bytes, Span<float> values, bool bigEndian = false)
    {
        if (bigEndian) Reverse(bytes, ElementTypes.Bits(type) / 8);
        switch (type)
        {
            case "F32":
                var floats = MemoryMarshal.Cast<byte, float>(bytes);
                if (!floats.Overlaps(values)) floats.CopyTo(values);
                break;
            case "F16": FloatConversion.FromHalf(MemoryMarshal.Cast<byte, ushort>(bytes), values); break;
            case "BF16": FloatConversion.FromBrain(MemoryMarshal.Cast<byte, ushort>(bytes), values); break;
            case "F64": FloatConversion.FromDouble(MemoryMarshal.Cast<byte, double>(bytes), values); break;
            case "U8": FromInteger<byte>(bytes, values); break;
            case "I8": FromInteger<sbyte>(bytes, values); break;
            case "U16": FromInteger<ushort>(bytes, values); break;
            case "I16": FromInteger<short>(bytes, values); break;
            case "U32": FromInteger<uint>(bytes, values); break;
            case "I32": FromInteger<int>(bytes, values); break;
            case "U64": FromInteger<ulong>(bytes, values); break;
            case "I64": FromInteger<long>(bytes, values); break;
            default: throw new ArgumentException($"Elements of type {type} are not read.", nameof(type));
        }
    }

    static void FromInteger<T>(ReadOnlySpan<byte> bytes, Span<float> values) where T : unmanaged, INumber<T>
    {
        var integers = MemoryMarshal.Cast<byte, T>(bytes);
        for (int i = 0; i < values.Length; i++) values[i] = float.CreateTruncating(integers[i]);
    }
}
