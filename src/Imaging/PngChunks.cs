using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.Imaging;

/// <summary>The chunks of a PNG file that say what its colors mean.</summary>
static class PngChunks
{
    const int MostBytes = 64, MostChunks = 10_000;
    static readonly HashSet<string> Wanted = ["cICP", "iCCP", "sRGB", "gAMA", "cHRM"];

    /// <summary>Those before the pixels by their names: of each kind the first, and of it the first 64 bytes.</summary>
    public static IReadOnlyDictionary<string, byte[]> Before(Stream file)
    {
        Dictionary<string, byte[]> chunks = [];
        var head = new byte[8];
        long at = 8;
        for (int i = 0; i < MostChunks && at + 12 <= file.Length; i++)
        {
            file.Position = at;
            if (file.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8) break;
            long length = BinaryPrimitives.ReadUInt32BigEndian(head);
            string name = Encoding.Latin1.GetString(head, 4, 4);
            if (name is "IDAT" or "IEND") break;
            at += 12 + length;
            if (!Wanted.Contains(name) || chunks.ContainsKey(name)) continue;
            var data = new byte[Math.Min(length, MostBytes)];
            if (file.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) < data.Length) break;
            chunks[name] = data;
        }
        return chunks;
    }
}
