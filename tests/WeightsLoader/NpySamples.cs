using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Makes .npy and .npz files, right and wrong.</summary>
static class NpySamples
{
    /// <summary>A .npy file of that header and those elements.</summary>
    public static byte[] Npy(string header, ReadOnlySpan<byte> elements, byte version = 1)
    {
        byte[] text = Encoding.UTF8.GetBytes(header + "\n"), length = new byte[version == 1 ? 2 : 4];
        if (version == 1) BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
        else BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. text, .. elements];
    }

    /// <summary>The header that NumPy writes.</summary>
    public static string Header(string type, string shape, bool columnsFirst = false) =>
        $"{{'descr': '{type}', 'fortran_order': {(columnsFirst ? "True" : "False")}, 'shape': {shape}, }}";

    /// <summary>A .npy file of float32 values.</summary>
    public static byte[] Npy(string shape, params float[] values) => Npy(Header("<f4", shape), MemoryMarshal.AsBytes<float>(values));

    /// <summary>A zip archive.</summary>
    public static byte[] Zip(CompressionLevel level, params (string Name, byte[] Bytes)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in entries)
            {
                using var stream = archive.CreateEntry(name, level).Open();
                stream.Write(content);
            }
        return bytes.ToArray();
    }
}
