using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// A safetensors file, open for reading: eight bytes with the header's length, a JSON header, the tensors' bytes
/// (https://github.com/huggingface/safetensors). Opening reads and checks the header alone; a tensor is read when it is asked for.
/// Reading is safe from several threads.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    const int Piece = 1 << 18;

    readonly InputFile file;
    readonly SafetensorsHeader header;

    SafetensorsFile(InputFile file, SafetensorsHeader header) => (this.file, this.header) = (file, header);

    /// <summary>The path as it was given.</summary>
    public string Path => this.file.Path;

    /// <summary>The file's length in bytes.</summary>
    public long Length => this.file.Length;

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<SafetensorsEntry> Tensors => this.header.Entries;

    /// <summary>The texts in the header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => this.header.Metadata;

    /// <summary>Opens a file and checks its header against its length.</summary>
    /// <exception cref="WeightsException">Missing, unreadable, empty, cut short, malformed, or not safetensors at all.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = InputFile.Open(path);
        try
        {
            return new SafetensorsFile(file, ReadHeader(file));
        }
        catch (FormatException e)
        {
            file.Dispose();
            throw InputFile.Problem(path, e.Message, e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    static SafetensorsHeader ReadHeader(InputFile file)
    {
        byte[] start = file.Start(FileKinds.Wanted);
        if (!FileKinds.IsSafetensors(start))
            throw new FormatException(FileKinds.Recognise(start) is { } kind
                ? $"looks like {kind}; this version reads safetensors"
                : "is not a safetensors file; this version reads no other");
        long length = BinaryPrimitives.ReadInt64LittleEndian(start);
        if (length > file.Length - 8)
            throw new FormatException($"is cut short: it has {file.Length} bytes and its header alone {length}; copy or download it again");
        var json = new byte[length];
        file.Read(json, 8);
        return SafetensorsHeader.Parse(json, 8 + length, file.Length);
    }

    /// <summary>The tensor of that name, or null.</summary>
    public SafetensorsEntry? Find(string name) => this.header.ByName.GetValueOrDefault(name);

    /// <summary>
    /// A tensor's values in row-major order. F32 is read as it is, F16 and BF16 are widened exactly, F64 is rounded to nearest.
    /// </summary>
    /// <exception cref="WeightsException">No such tensor, another element type, more than an array holds, a read error.</exception>
    public float[] ReadFloat32(string name)
    {
        var entry = Find(name) ?? throw Problem($"has no tensor {Text.Quote(name)}");
        return ReadFloat32(entry, out _);
    }

    /// <summary>As the other, and the place of the first value that is not finite in float32 (-1: all are).</summary>
    internal float[] ReadFloat32(SafetensorsEntry entry, out long nonFinite)
    {
        if (!ElementTypes.IsReadable(entry.Type))
            throw Problem($"has tensor {Text.Quote(entry.Name)} of type {entry.Type}, which is not read: convert it to F32, F16, BF16 or F64");
        if (entry.Elements > Array.MaxLength)
            throw Problem($"has tensor {Text.Quote(entry.Name)} of {entry.Elements} values, more than can be read");
        var values = GC.AllocateUninitializedArray<float>((int)entry.Elements);
        int size = (int)(entry.Elements == 0 ? 1 : entry.Bytes / entry.Elements);
        byte[]? buffer = entry.Type == "F32" ? null : new byte[Math.Min(Piece, entry.Bytes)];
        nonFinite = -1;
        // Piece by piece, so that conversion and check find the values in the cache.
        for (int done = 0; done < values.Length;)
        {
            var part = values.AsSpan(done, Math.Min(values.Length - done, Piece / size));
            var bytes = buffer is null ? MemoryMarshal.AsBytes(part) : buffer.AsSpan(0, part.Length * size);
            this.file.Read(bytes, entry.Position + (long)done * size);
            Convert(entry.Type, bytes, part);
            if (nonFinite < 0 && FloatConversion.IndexOfNonFinite(part) is >= 0 and var at) nonFinite = done + at;
            done += part.Length;
        }
        return values;
    }

    static void Convert(string type, ReadOnlySpan<byte> bytes, Span<float> values)
    {
        switch (type)
        {
            case "F16": FloatConversion.FromHalf(MemoryMarshal.Cast<byte, ushort>(bytes), values); break;
            case "BF16": FloatConversion.FromBrain(MemoryMarshal.Cast<byte, ushort>(bytes), values); break;
            case "F64": FloatConversion.FromDouble(MemoryMarshal.Cast<byte, double>(bytes), values); break;
        }
    }

    /// <summary>
    /// Writes float32 tensors, in the given order, and then puts the file in its place in one step: a failure leaves nothing
    /// behind and an existing file untouched.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">The tensors; names must differ.</param>
    /// <param name="metadata">Texts for <c>__metadata__</c>, or null.</param>
    /// <exception cref="WeightsException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">A name twice, or values that do not fit their shape.</exception>
    public static void Write(string path, IEnumerable<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        SafetensorsWriter.Write(path, [.. tensors], metadata);

    internal WeightsException Problem(string problem) => InputFile.Problem(Path, problem);

    /// <summary>Closes the file.</summary>
    public void Dispose() => this.file.Dispose();
}
