namespace GpuStyle.WeightsLoader;

/// <summary>A tensor entry that can find its values in its file.</summary>
interface IStoredValues
{
    /// <summary>As <see cref="TensorFile"/> reads a tensor: fills <paramref name="values"/>, gives the place of the first that is not finite or -1.</summary>
    long Read(InputFile file, Span<float> values);
}

/// <summary>A file whose tensors were all found when it was opened, each of which knows where its values lie.</summary>
/// <param name="file">The open file.</param>
/// <param name="tensors">Its tensors; each is an <see cref="IStoredValues"/> where it is readable. Names differ.</param>
/// <param name="metadata">Its texts, or null.</param>
/// <param name="companions">Other open files that hold values, or null; they are closed with it.</param>
sealed class DescribedFile(
    InputFile file, IReadOnlyList<TensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null, Disposables? companions = null) : TensorFile
{
    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Files => [Path, .. companions?.Files.Select(f => f.Path) ?? []];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorEntry> Tensors => tensors;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => metadata ?? base.Metadata;

    /// <inheritdoc/>
    protected override long Read(TensorEntry entry, Span<float> values) => ((IStoredValues)entry).Read(file, values);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        companions?.Dispose();
    }
}

/// <summary>A tensor that is told of and not read: whole numbers, texts.</summary>
sealed record UnreadTensor(string Name, string Type, IReadOnlyList<long> Shape, long Elements) : TensorEntry(Name, Type, Shape, Elements, false);
