using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.Imaging;

/// <summary>The colour code points (box colr of kind nclx) of the main picture of an AVIF or HEIF file.</summary>
static class HeifColor
{
    const int MostBytes = 1 << 20;

    /// <summary>Primaries and transfer by ITU-T H.273, or null if the main picture has none.</summary>
    public static (int Primaries, int Transfer)? Find(Stream file)
    {
        byte[] all = Meta(file);
        var meta = Boxes(all, 4);
        if (meta.GetValueOrDefault("pitm") is not [{ Length: >= 6 } pitm] || meta.GetValueOrDefault("iprp") is not [var iprp]) return null;
        long main = pitm[0] == 0 ? Number(pitm, 4, 2) : Number(pitm, 4, 4);
        var parts = Boxes(iprp, 0);
        if (parts.GetValueOrDefault("ipco") is not [var ipco]) return null;
        var properties = List(ipco, 0);
        foreach (var association in parts.GetValueOrDefault("ipma") ?? [])
            foreach (int index in PropertiesOf(main, association))
                if (index >= 1 && index <= properties.Count && properties[index - 1] is ("colr", { Length: >= 8 } data)
                    && data.AsSpan().StartsWith("nclx"u8))
                    return ((int)Number(data, 4, 2), (int)Number(data, 6, 2));
        return null;
    }

    static IEnumerable<int> PropertiesOf(long item, byte[] association)
    {
        int idBytes = association is [0, ..] ? 2 : 4, at = 8;
        int indexBytes = association is [_, _, _, var flags, ..] && (flags & 1) != 0 ? 2 : 1;
        for (long entries = Number(association, 4, 4); entries > 0 && at + idBytes < association.Length; entries--)
        {
            long id = Number(association, at, idBytes);
            int count = association[at + idBytes];
            at += idBytes + 1;
            for (int i = 0; i < count; i++, at += indexBytes)
                if (id == item) yield return (int)Number(association, at, indexBytes) & (indexBytes == 2 ? 0x7FFF : 0x7F);
        }
    }

    /// <summary>The contents of the file's box meta; empty if there is none or it is out of bounds.</summary>
    static byte[] Meta(Stream file)
    {
        var head = new byte[16];
        for (long at = 0; at + 8 <= file.Length;)
        {
            file.Position = at;
            int read = file.ReadAtLeast(head, 16, throwOnEndOfStream: false);
            long length = Number(head, 0, 4), skip = length == 1 ? 16 : 8;
            if (length == 1 && read == 16) length = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(8));
            if (length < skip) break;
            if (Encoding.Latin1.GetString(head, 4, 4) != "meta")
            {
                at += Math.Min(length, file.Length);
                continue;
            }
            var data = new byte[Math.Min(Math.Min(length, MostBytes), file.Length - at) - skip];
            file.Position = at + skip;
            return data[..file.ReadAtLeast(data, data.Length, throwOnEndOfStream: false)];
        }
        return [];
    }

    static Dictionary<string, byte[][]> Boxes(byte[] data, int from) =>
        List(data, from).GroupBy(b => b.Name).ToDictionary(g => g.Key, g => g.Select(b => b.Data).ToArray());

    static List<(string Name, byte[] Data)> List(byte[] data, int from)
    {
        List<(string, byte[])> boxes = [];
        for (int at = from; at + 8 <= data.Length;)
        {
            long length = Number(data, at, 4);
            if (length < 8 || at + length > data.Length) break;
            boxes.Add((Encoding.Latin1.GetString(data, at + 4, 4), data[(at + 8)..(int)(at + length)]));
            at += (int)length;
        }
        return boxes;
    }

    /// <summary>Bytes as a number, the highest first; 0 outside the data.</summary>
    static long Number(byte[] data, int at, int bytes)
    {
        long value = 0;
        for (int i = at; i < at + bytes; i++) value = value << 8 | (i < data.Length ? data[i] : 0L);
        return value;
    }
}
