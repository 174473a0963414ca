using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.Imaging;

/// <summary>The chunks of a PNG file.</summary>
static class PngChunks
{
    const int MostBytes = 64;

    /// <summary>Those before the pixels by their names, of each the first, and of it the first 64 bytes.</summary>
    public static IReadOnlyDictionary<string, byte[]> Before(Stream file)
    {
        Dictionary<string, byte[]> chunks = [];
        var head = new byte[8];
        for (long at = 8; at + 12 <= file.Length;)
        {
            file.Position = at;
            if (file.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8) break;
            long length = BinaryPrimitives.ReadUInt32BigEndian(head);
            string name = Encoding.Latin1.GetString(head, 4, 4);
            if (name is "IDAT" or "IEND") break;
            var data = new byte[Math.Min(length, MostBytes)];
            if (file.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) < data.Length) break;
            chunks.TryAdd(name, data);
            at += 12 + length;
        }
        return chunks;
    }
}
