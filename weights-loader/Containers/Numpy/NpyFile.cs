namespace GpuStyle.WeightsLoader;

/// <summary>A .npy file: one plain array, which is named <c>array</c>.</summary>
static class NpyFile
{
    /// <summary>Opens a file that begins as <see cref="NpyHeader.IsNpy"/> asks.</summary>
    public static TensorFile Open(InputFile file)
    {
        var header = NpyHeader.Read(file, "");
        return new DescribedFile(file, [header.Array("array", file, "")]);
    }
}
