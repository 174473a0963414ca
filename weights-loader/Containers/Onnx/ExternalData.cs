namespace GpuStyle.WeightsLoader;

/// <summary>
/// The files in which an ONNX model keeps the values of its tensors (https://onnx.ai/onnx/repo-docs/ExternalData.html): beside the model or in
/// a folder there, never elsewhere, whatever the model says.
/// </summary>
sealed class ExternalData(InputFile model)
{
    const int MostFiles = 1000;

    readonly string folder = Path.GetDirectoryName(Path.GetFullPath(model.Path))!;
    readonly Dictionary<string, InputFile> files = new(StringComparer.Ordinal);

    /// <summary>The files that were opened.</summary>
    public Disposables Opened { get; } = new();

    /// <summary>The file of that name, opened once.</summary>
    /// <exception cref="FormatException">Not beside the model, or not to be read; the message continues "FILE ...".</exception>
    public InputFile Open(string location)
    {
        if (this.files.TryGetValue(location, out var known)) return known;
        string where = $"keeps values in {Text.Quote(location)}";
        if (location.Length == 0 || Path.IsPathRooted(location) || location.Split('/', '\\').Contains("..") || location.Contains('\0', StringComparison.Ordinal))
            throw new FormatException($"{where}, which is not beside it: it is damaged or made to do harm");
        if (this.files.Count == MostFiles) throw new FormatException($"keeps its values in more than {MostFiles} files: save it with its values inside");
        string path = Path.Combine(this.folder, location);
        if (!File.Exists(path)) throw new FormatException($"{where}, which is not there: put that file beside it");
        try
        {
            return this.files[location] = Opened.Add(InputFile.Open(path));
        }
        catch (WeightsException e)
        {
            throw new FormatException($"{where}, which cannot be read: copy that file again or make it readable", e);
        }
    }
}
