namespace GpuStyle.WeightsLoader;

/// <summary>A .npy file: one plain array, which is named <c>array</c>.</summary>
sealed class NpyFile : TensorFile
{
    readonly InputFile file;

    NpyFile(InputFile file, ArrayTensor array) => (this.file, Tensors) = (file, [array]);

    /// <inheritdoc/>
    public override string Path => this.file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>Opens a file that begins as <see cref="NpyHeader.IsNpy"/> asks.</summary>
    public static TensorFile Open(InputFile file)
    {
        var header = NpyHeader.Read(file, "");
        return new NpyFile(file, header.Array("array", file, ""));
    }

    /// <inheritdoc/>
    protected override long Read(TensorEntry entry, Span<float> values) => ((ArrayTensor)entry).Read(values);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => this.file.Dispose();
}
