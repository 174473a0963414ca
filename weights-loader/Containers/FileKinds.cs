using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>What a file is, told by its first bytes and not by its name.</summary>
static class FileKinds
{
    /// <summary>Bytes that <see cref="Recognise"/> likes to see.</summary>
    public const int Wanted = 1024;

    static readonly (byte[] Magic, int At, string Kind)[] Magics =
    [
        ([0x50, 0x4B, 0x03, 0x04], 0, "a zip archive (a PyTorch .pth or a NumPy .npz)"),
        ([0x1F, 0x8B], 0, "a gzip archive"),
        ([0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E], 0, "a PyTorch .pth of the old kind (a pickle)"),
        ([0x93, .. "NUMPY"u8], 0, "a NumPy .npy"),
        ("MATLAB 5.0 MAT-file"u8.ToArray(), 0, "a MATLAB .mat"),
        ("version https://git-lfs"u8.ToArray(), 0, "a Git LFS pointer, not the file that it stands for"),
        ("V 1"u8.ToArray(), 12, "a Torch7 .t7"),
        ("4\n1\n"u8.ToArray(), 0, "a Torch7 .t7 in ascii mode, to be saved again in binary mode"),
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], 0, "a PNG picture"),
        ([0xFF, 0xD8, 0xFF], 0, "a JPEG picture"),
        ("GGUF"u8.ToArray(), 0, "a GGUF file"),
    ];

    static readonly byte[] Hdf5 = [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether the first bytes are those of a safetensors file: a small length, then a brace.</summary>
    public static bool IsSafetensors(ReadOnlySpan<byte> start) =>
        start.Length > 8 && start[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(start) <= (ulong)SafetensorsHeader.MaximumLength;

    /// <summary>What the file looks like, with its article ("a zip archive ..."), or null for something unknown.</summary>
    public static string? Recognise(ReadOnlySpan<byte> start)
    {
        if (IsSafetensors(start)) return "a safetensors file";
        foreach (var (magic, at, kind) in Magics)
            if (start.Length >= at && start[at..].StartsWith(magic)) return kind;
        for (int at = 0; at < start.Length; at = at == 0 ? 512 : 2 * at)
            if (start[at..].StartsWith(Hdf5)) return "an HDF5 file (Keras .h5)";
        if (start is [0x80, >= 2 and <= 5, ..]) return "a Python pickle";
        return RecogniseText(start) ?? (IsCaffemodel(start) ? "a caffemodel" : IsOnnx(start) ? "an ONNX model" : null);
    }

    static string? RecogniseText(ReadOnlySpan<byte> start)
    {
        string text = Encoding.Latin1.GetString(start).TrimStart();
        if (text.StartsWith("<!DOCTYPE", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return "a web page: the download gave an answer and not the file";
        return IsJson(start) ? "a JSON text" : null;
    }

    /// <summary>Whether a text begins that is a JSON object.</summary>
    public static bool IsJson(ReadOnlySpan<byte> start) =>
        (start.StartsWith("\uFEFF"u8) ? start[3..] : start).TrimStart(" \t\r\n"u8).StartsWith("{"u8);

    /// <summary>
    /// Whether the first bytes are those of a caffemodel: a network's name (field 1, text) and then another of its fields; without a name,
    /// a layer (2 or 100) that begins with its bottom, top or name.
    /// </summary>
    public static bool IsCaffemodel(ReadOnlySpan<byte> start)
    {
        if (start is [0x0A, var length and < 0x80, ..])
        {
            if (start.Length < length + 4) return false;
            foreach (byte letter in start.Slice(2, length))
                if (letter is < 0x20 or > 0x7E) return false;
            return start[2 + length] is 0x12 or 0x1A or 0x20 or 0x28 or 0x32 or 0x38 or 0x42 || start[(2 + length)..] is [0xA2, 0x06, ..];
        }
        int layer = start is [0x12, ..] ? 1 : start is [0xA2, 0x06, ..] ? 2 : start.Length;
        while (layer < start.Length && start[layer] >= 0x80) layer++;
        return layer + 1 < start.Length && start[layer + 1] is 0x0A or 0x12 or 0x1A or 0x22;
    }

    /// <summary>Whether the first bytes are those of an ONNX model: its version (field 1, number) and another of its fields.</summary>
    public static bool IsOnnx(ReadOnlySpan<byte> start) =>
        start is [0x08, < 0x40, 0x12 or 0x1A or 0x22 or 0x28 or 0x32 or 0x3A or 0x42, ..];
}
