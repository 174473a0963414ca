namespace GpuStyle.WeightsLoader;

/// <summary>The containers that are read, told apart by a file's first bytes and never by its name.</summary>
static class TensorFiles
{
    /// <summary>Opens a file as the container that it is.</summary>
    /// <exception cref="WeightsException">Missing, unreadable, empty, cut short, malformed, or of a kind that is not read.</exception>
    public static TensorFile Open(string path)
    {
        var file = InputFile.Open(path);
        try
        {
            byte[] start = file.Start(FileKinds.Wanted);
            if (FileKinds.IsSafetensors(start)) return SafetensorsFile.Open(file);
            if (FileKinds.IsCaffemodel(start)) return Caffemodel.Open(file);
            if (FileKinds.IsOnnx(start)) return OnnxFile.Open(file);
            if (Torch7File.IsTorch7(start)) return Torch7File.Open(file);
            if (TorchFile.IsLegacy(start)) return TorchFile.OpenLegacy(file);
            if (NpyHeader.IsNpy(start)) return NpyFile.Open(file);
            if (ZipDirectory.IsZip(start)) return OpenZip(file);
            if (Mat5File.IsMat5(start)) return Mat5File.Open(file);
            if (FileKinds.IsJson(start)) return TensorflowJsFile.Open(file);
            if (Hdf5Superblock.Find(file) is >= 0 and var superblock)
                return Mat73File.IsMat73(start) ? Mat73File.Open(file, superblock) : Hdf5File.Open(file, superblock);
            throw file.Problem(FileKinds.Recognise(start) is { } kind
                ? $"looks like {kind}; this version reads safetensors"
                : "is not a safetensors file; this version reads no other");
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
