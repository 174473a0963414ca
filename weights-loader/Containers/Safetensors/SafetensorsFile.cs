using System.Buffers.Binary;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// A safetensors file, open for reading: eight bytes with the header's length, a JSON header, the tensors' bytes
/// (https://github.com/huggingface/safetensors). Opening reads and checks the header alone; a tensor is read when it is asked for.
/// Reading is safe from several threads.
/// </summary>
public sealed class SafetensorsFile : TensorFile
{
    readonly InputFile file;
    readonly SafetensorsHeader header;

    SafetensorsFile(InputFile file, SafetensorsHeader header) => (this.file, this.header) = (file, header);

    /// <inheritdoc/>
    public override string Path => this.file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorEntry> Tensors => this.header.Entries;

    /// <summary>The texts in the header's <c>__metadata__</c>.</summary>
    public override IReadOnlyDictionary<string, string> Metadata => this.header.Metadata;

    /// <summary>Opens a file and checks its header against its length.</summary>
    /// <exception cref="WeightsException">Missing, unreadable, empty, cut short, malformed, or not safetensors at all.</exception>
    public static SafetensorsFile Open(string path) => TensorFiles.Open(path) is var file && file is SafetensorsFile safetensors ? safetensors
        : throw file.Problem("is not a safetensors file");

    internal static SafetensorsFile Open(InputFile file)
    {
        Span<byte> start = stackalloc byte[8];
        file.Read(start, 0);
        long length = BinaryPrimitives.ReadInt64LittleEndian(start);
        if (length > file.Length - 8)
            throw new FormatException($"is cut short: it has {file.Length} bytes and its header alone {length}; copy or download it again");
        var json = new byte[length];
        file.Read(json, 8);
        return new SafetensorsFile(file, SafetensorsHeader.Parse(json, 8 + length, file.Length));
    }

    /// <inheritdoc/>
    protected override long Read(TensorEntry entry, Span<float> values) =>
        StoredElements.Read(this.file, entry.Type, ((StoredTensor)entry).Position, values);

    /// <summary>
    /// Writes tensors, in the given order, and then puts the file in its place in one step: a failure leaves nothing
    /// behind and an existing file untouched.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">The tensors; names must differ.</param>
    /// <param name="metadata">Texts for <c>__metadata__</c>, or null.</param>
    /// <param name="half">As F16, rounded to nearest, instead of F32. What is beyond 65504 becomes an infinity.</param>
    /// <exception cref="WeightsException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">A name twice, or values that do not fit their shape.</exception>
    public static void Write(string path, IEnumerable<TensorData> tensors, IReadOnlyDictionary<string, string>? metadata = null, bool half = false) =>
        SafetensorsWriter.Write(path, [.. tensors], metadata, half);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => this.file.Dispose();
}
