namespace GpuStyle.WeightsLoader;

/// <summary>The containers that are read, told apart by a file's content and never by its name.</summary>
static class TensorFiles
{
    public const string Safetensors = "safetensors", Caffemodel = "caffemodel", Onnx = "ONNX", PyTorch = "PyTorch", Torch7 = "Torch7",
        Hdf5 = "HDF5", Matlab = "MATLAB", NumPy = "NumPy", TensorFlowJs = "TensorFlow.js";

    /// <summary>Each container with what opens a file of its kind; null where the first bytes are another's.</summary>
    static readonly (string Container, Func<InputFile, byte[], TensorFile?> TryOpen)[] Openers =
    [
        (Safetensors, (file, start) => FileKinds.IsSafetensors(start) ? SafetensorsFile.Open(file) : null),
        (Caffemodel, (file, start) => FileKinds.IsCaffemodel(start) ? WeightsLoader.Caffemodel.Open(file) : null),
        (Onnx, (file, start) => FileKinds.IsOnnx(start) ? OnnxFile.Open(file) : null),
        (Torch7, (file, start) => Torch7File.IsTorch7(start) ? Torch7File.Open(file) : null),
        (PyTorch, (file, start) => TorchFile.IsLegacy(start) ? TorchFile.OpenLegacy(file) : null),
        (PyTorch, (file, start) => ZipDirectory.IsZip(start) ? OpenZip(file) : null),
        (NumPy, (file, start) => NpyHeader.IsNpy(start) ? NpyFile.Open(file) : null),
        (Matlab, (file, start) => Mat5File.IsMat5(start) ? Mat5File.Open(file) : null),
        (TensorFlowJs, (file, start) => FileKinds.IsJson(start) ? TensorflowJsFile.Open(file) : null),
        (Matlab, (file, start) => Mat73File.IsMat73(start) && Hdf5Superblock.Find(file) is >= 0 and var superblock ? Mat73File.Open(file, superblock) : null),
        (Hdf5, (file, _) => Hdf5Superblock.Find(file) is >= 0 and var superblock ? Hdf5File.Open(file, superblock) : null),
    ];

    /// <summary>The containers' names, each once.</summary>
    public static IReadOnlyList<string> Containers { get; } = [.. Openers.Select(opener => opener.Container).Distinct()];

    /// <summary>Opens a file as the container that it is.</summary>
    /// <exception cref="WeightsException">Missing, unreadable, empty, cut short, malformed, or of a kind that is not read.</exception>
    public static TensorFile Open(string path)
    {
        var file = InputFile.Open(path);
        try
        {
            byte[] start = file.Start(FileKinds.Wanted);
            foreach (var (container, tryOpen) in Openers)
                if (tryOpen(file, start) is { } opened)
                {
                    opened.Container = container;
                    return opened;
                }
            string readable = $"this version reads {string.Join(", ", Containers)}";
            throw file.Problem(FileKinds.Recognise(start) is { } kind ? $"looks like {kind}; {readable}" : $"is no weight file of a kind that is read; {readable}");
        }
        catch (FormatException e)
        {
            file.Dispose();
            throw file.Problem(e.Message, e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    static TensorFile OpenZip(InputFile file)
    {
        var entries = ZipDirectory.Read(file);
        if (TorchFile.FindPickle(entries) is { } pickle) return TorchFile.OpenZip(file, entries, pickle);
        if (NpzFile.IsNpz(entries)) return NpzFile.Open(file, entries);
        throw new FormatException("is a zip archive, but neither PyTorch's nor NumPy's: unpack it and name a weight file in it");
    }
}
