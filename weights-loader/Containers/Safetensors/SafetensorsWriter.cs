using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace GpuStyle.WeightsLoader;

/// <summary>Writes safetensors files; the same tensors and texts give the same bytes.</summary>
static class SafetensorsWriter
{
    const int Piece = 1 << 16;

    public static void Write(string path, IReadOnlyList<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata, bool half)
    {
        byte[] header = Header(tensors, metadata, half ? ("F16", 2) : ("F32", 4));
        InputFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (var tensor in tensors)
                if (half) WriteHalf(stream, tensor.Values.Span);
                else stream.Write(MemoryMarshal.AsBytes(tensor.Values.Span));
        });
    }

    /// <summary>Rounded to nearest, ties to even.</summary>
    static void WriteHalf(Stream stream, ReadOnlySpan<float> values)
    {
        var buffer = new Half[Math.Min(Piece, values.Length)];
        for (; !values.IsEmpty; values = values[Math.Min(Piece, values.Length)..])
        {
            var part = buffer.AsSpan(0, Math.Min(Piece, values.Length));
            for (int i = 0; i < part.Length; i++) part[i] = (Half)values[i];
            stream.Write(MemoryMarshal.AsBytes(part));
        }
    }

    static byte[] Header(IReadOnlyList<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata, (string Name, int Bytes) type)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject("__metadata__");
            foreach (var (key, text) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, text);
            json.WriteEndObject();
        }
        long position = 0;
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name)) throw new ArgumentException($"the tensor name {Text.Quote(tensor.Name)} is taken", nameof(tensors));
            long elements = 1;
            foreach (int size in tensor.Shape) elements = checked(elements * size);
            if (elements != tensor.Values.Length)
                throw new ArgumentException($"tensor {Text.Quote(tensor.Name)} has {tensor.Values.Length} values for {elements} places", nameof(tensors));
            WriteEntry(json, tensor, type.Name, position, position += type.Bytes * elements);
        }
        json.WriteEndObject();
        json.Flush();
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' '); // the data begin at a multiple of eight
        return buffer.ToArray();
    }

    static void WriteEntry(Utf8JsonWriter json, TensorData tensor, string type, long begin, long end)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", type);
        json.WriteStartArray("shape");
        foreach (int size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
