using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// A MATLAB .mat file of version 7.3: an HDF5 file behind a header of 512 bytes. A cell array is an array of references to what lies in
/// <c>#refs#</c>, a struct is a group, the fields of a struct array are arrays of references; attributes tell them apart. Columns are
/// stored first, so shapes are written the other way round.
/// </summary>
sealed class Mat73File
{
    readonly InputFile file;
    readonly Hdf5Space space;
    readonly Hdf5Links links;
    readonly MatlabTensors found;

    Mat73File(InputFile file, Hdf5Space space) =>
        (this.file, this.space, this.links, this.found) = (file, space, new Hdf5Links(space), new MatlabTensors(space.Budget));

    /// <summary>Whether the bytes are such a file's first.</summary>
    public static bool IsMat73(ReadOnlySpan<byte> start) => start.StartsWith("MATLAB 7.3 MAT-file"u8);

    /// <summary>Opens a file whose superblock lies at <paramref name="start"/>.</summary>
    public static TensorFile Open(InputFile file, long start)
    {
        var (space, root) = Hdf5Superblock.Read(file, start);
        var opened = new Mat73File(file, space);
        foreach (var (name, address) in opened.links.Of(Hdf5ObjectHeader.Read(space, root)))
            if (!name.StartsWith('#')) opened.Value(name, address, 0); // #refs# and #subsystem# are not variables
        return new DescribedFile(file, opened.found.Tensors, opened.found.Texts);
    }

    void Value(string path, long address, int depth)
    {
        this.found.Enter(path, depth);
        var header = Hdf5ObjectHeader.Read(this.space, address);
        string? kind = Hdf5Attributes.Text(header, "MATLAB_class");
        if (header.IsDataset) Array(path, header, kind, depth);
        else if (kind is "struct" or null)
            foreach (var (field, target) in this.links.Of(header)) Value(MatlabTensors.Field(path, field), target, depth + 1);
    }

    void Array(string path, Hdf5ObjectHeader header, string? kind, int depth)
    {
        if (Hdf5Attributes.Find(header, "MATLAB_empty") is { Left: > 0 } empty && empty.One() != 0) return;
        var array = Hdf5Dataset.Read(this.space, path, header);
        if (array.Type.IsReference) Cells(path, array, kind, depth);
        else if (kind == "char") Characters(path, array);
        else if (kind is null or "logical" || array.Type.Word[0] is 'F' or 'I' or 'U') this.found.Add(array.Tensor(path, columnsFirst: true));
    }

    /// <summary>A cell array; or, without a class, one field of a struct array: the index belongs before the field's name.</summary>
    void Cells(string path, Hdf5Dataset array, string? kind, int depth)
    {
        byte[] references = array.ReadBytes(this.space, this.file.Length) ?? throw Hdf5Bytes.Malformed($"cell array {Text.Quote(path)}");
        int size = array.Type.Size, dot = kind is null ? path.LastIndexOf('.') : -1;
        if (size != 8) throw Hdf5Bytes.Malformed($"cell array {Text.Quote(path)}");
        for (int i = 0; i < references.Length / size; i++)
        {
            long address = BinaryPrimitives.ReadInt64LittleEndian(references.AsSpan(i * size));
            Value(dot < 0 ? MatlabTensors.Part(path, i) : MatlabTensors.Part(path[..dot], i) + path[dot..], address, depth + 1);
        }
    }

    /// <summary>A text: UTF-16 numbers, of which the last dimension counts the rows.</summary>
    void Characters(string path, Hdf5Dataset array)
    {
        if (array.Type.Word is not ("U16" or "U8") || array.ReadBytes(this.space, this.file.Length) is not { } bytes) return;
        this.found.Take(MatlabTensors.TextCost * bytes.Length);
        string text = (array.Type.Size == 2 ? array.Type.BigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode : Encoding.Latin1).GetString(bytes);
        this.found.Add(path, text, array.Shape.Count == 0 ? 1 : array.Shape[^1]);
    }
}
