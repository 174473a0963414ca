using System.Buffers.Binary;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Turns a small zip archive into what one of more than 4 GB looks like: every length and place in its ZIP64 field.</summary>
static class Zip64
{
    public static byte[] Of(byte[] zip)
    {
        var end = zip.AsSpan(zip.Length - 22);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]), start = BinaryPrimitives.ReadInt32LittleEndian(end[16..]);
        var bytes = new List<byte>(zip[..start]);
        for (int i = 0, at = start; i < count; i++)
        {
            var entry = zip.AsSpan(at);
            int name = BinaryPrimitives.ReadUInt16LittleEndian(entry[28..]);
            Assert.Equal(0, BinaryPrimitives.ReadUInt16LittleEndian(entry[30..]));
            byte[] packed = entry.Slice(20, 4).ToArray(), length = entry.Slice(24, 4).ToArray(), local = entry.Slice(42, 4).ToArray();
            byte[] wide = entry[..(46 + name)].ToArray();
            wide.AsSpan(20, 8).Fill(0xFF);
            wide.AsSpan(42, 4).Fill(0xFF);
            wide[30] = 28;
            bytes.AddRange([.. wide, 1, 0, 24, 0, .. length, 0, 0, 0, 0, .. packed, 0, 0, 0, 0, .. local, 0, 0, 0, 0]);
            at += 46 + name;
        }
        long end64 = bytes.Count;
        bytes.AddRange([0x50, 0x4B, 6, 6, .. Long(44), 45, 0, 45, 0, .. new byte[8], .. Long(count), .. Long(count), .. Long(end64 - start), .. Long(start)]);
        bytes.AddRange([0x50, 0x4B, 6, 7, 0, 0, 0, 0, .. Long(end64), 1, 0, 0, 0]);
        bytes.AddRange([0x50, 0x4B, 5, 6, 0, 0, 0, 0, .. Enumerable.Repeat((byte)0xFF, 12), 0, 0]);
        return [.. bytes];
    }

    static byte[] Long(long value) => BitConverter.GetBytes(value);
}
