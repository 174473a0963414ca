namespace GpuStyle.WeightsLoader;

/// <summary>One tensor as a file describes it, checked against the file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Type">Its element type in the file: <c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>F64</c>, <c>I64</c>, ..., or a container's own word.</param>
/// <param name="Shape">Its dimensions, outermost first; empty for a scalar. A reader has turned them where the file stores columns first.</param>
/// <param name="Elements">The product of <paramref name="Shape"/>.</param>
/// <param name="IsReadable">Whether its values are numbers that <see cref="TensorFile.ReadFloat32(string)"/> gives.</param>
public abstract record TensorEntry(string Name, string Type, IReadOnlyList<long> Shape, long Elements, bool IsReadable);

/// <summary>
/// A file of named tensors, open for reading, whatever its container: one subclass a container, in a folder of its own. Opening
/// reads and checks the description alone; a tensor's values are read when they are asked for. Reading is safe from several threads.
/// </summary>
public abstract class TensorFile : IDisposable
{
    Dictionary<string, TensorEntry>? byName;

    /// <summary>The path as it was given.</summary>
    public abstract string Path { get; }

    /// <summary>The paths of all files that it reads: its own, and those in which some containers keep values beside it.</summary>
    public virtual IReadOnlyList<string> Files => [Path];

    /// <summary>What the file is stored as: <c>safetensors</c>, <c>caffemodel</c>, <c>ONNX</c>, <c>PyTorch</c>, ...</summary>
    public string Container { get; internal set; } = "";

    /// <summary>The tensors, in the order of the file.</summary>
    public abstract IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>Texts that the file carries; empty where the container has none.</summary>
    public virtual IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>The tensor of that name, or null.</summary>
    public TensorEntry? Find(string name) =>
        (this.byName ??= Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal)).GetValueOrDefault(name);

    /// <summary>
    /// A tensor's values in row-major order. F32 is read as it is, F16 and BF16 are widened exactly, F64 is rounded to nearest.
    /// </summary>
    /// <exception cref="WeightsException">No such tensor, an element type that is not read, more than an array holds, a read error.</exception>
    public float[] ReadFloat32(string name) =>
        ReadFloat32(Find(name) ?? throw Problem($"has no tensor {Text.Quote(name)}"), out _);

    /// <summary>As the other, and the place of the first value that is not finite in float32 (-1: all are).</summary>
    internal float[] ReadFloat32(TensorEntry entry, out long nonFinite)
    {
        CheckReadable(entry);
        if (entry.Elements > Array.MaxLength)
            throw Problem($"has tensor {Text.Quote(entry.Name)} of {entry.Elements} values, more than can be read");
        var values = GC.AllocateUninitializedArray<float>((int)entry.Elements);
        nonFinite = Read(entry, values);
        return values;
    }

    /// <summary>As the other, into storage of the caller's with as many places as the tensor has.</summary>
    internal long ReadFloat32(TensorEntry entry, Span<float> values)
    {
        CheckReadable(entry);
        return Read(entry, values);
    }

    void CheckReadable(TensorEntry entry)
    {
        if (!entry.IsReadable)
            throw Problem($"has tensor {Text.Quote(entry.Name)} of type {entry.Type}, which is not read: convert it to F32, F16, BF16 or F64");
    }

    /// <summary>
    /// Fills <paramref name="values"/>, of <see cref="TensorEntry.Elements"/> places, in row-major order of the entry's shape, and gives the place of
    /// the first value that is not finite, or -1.
    /// </summary>
    protected abstract long Read(TensorEntry entry, Span<float> values);

    internal WeightsException Problem(string problem) => InputFile.Problem(Path, problem);

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what the container opened.</summary>
    protected abstract void Dispose(bool disposing);
}
