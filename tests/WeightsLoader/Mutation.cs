using System.Buffers.Binary;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Random damage as downloads, disks and attackers do it.</summary>
static class Mutation
{
    static readonly long[] Extremes =
    [
        0, 1, -1, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
        0x1_0000_0000, long.MaxValue, long.MaxValue - 7, long.MinValue, 0x3FFFFFFFFFFFFFFF, 0x4000000000000001,
    ];

    /// <summary>A copy with one change or up to four, most of them in the first <paramref name="structure"/> bytes (0: anywhere).</summary>
    public static byte[] Of(byte[] sound, int structure, Random random)
    {
        byte[] bytes = [.. sound];
        for (int changes = random.Next(2) == 0 ? 1 : random.Next(2, 5); changes > 0; changes--)
        {
            bool anywhere = structure == 0 || random.Next(8) == 0;
            bytes = Change(bytes, random.Next(anywhere ? bytes.Length : Math.Min(structure, bytes.Length)), random);
        }
        return bytes;
    }

    static byte[] Change(byte[] bytes, int at, Random random)
    {
        int few = Math.Min(1 << random.Next(7), bytes.Length - at);
        switch (random.Next(11))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes[at] += (byte)random.Next(-3, 4); break;
            case 3: bytes[at] = (byte)"0123456789-.eE\"\\{}[]:, "[random.Next(23)]; break;
            case 4: return bytes[..Math.Max(1, at)];
            case 5: return [.. bytes[..at], .. bytes[(at + few)..], .. bytes.Length > few ? Array.Empty<byte>() : [0]];
            case 6:
                var noise = new byte[few];
                random.NextBytes(noise);
                return [.. bytes[..at], .. noise, .. bytes[at..]];
            case 7: // a block of the file again
                int from = random.Next(bytes.Length);
                return [.. bytes[..at], .. bytes.AsSpan(from, Math.Min(few, bytes.Length - from)), .. bytes[at..]];
            case 8: // one part over another
                bytes.AsSpan(at, few).ToArray().CopyTo(bytes, random.Next(bytes.Length - few + 1));
                break;
            default:
                byte[] integer = Integer(random, bytes.Length);
                integer.AsSpan(0, Math.Min(integer.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                break;
        }
        return bytes;
    }

    /// <summary>A number as lengths and offsets are written: 1 to 8 bytes of either order, or seven bits a byte as protobuf does.</summary>
    static byte[] Integer(Random random, int length)
    {
        long value = random.Next(4) switch
        {
            0 => length + random.Next(-9, 10),
            1 => (1L << random.Next(63)) + random.Next(-1, 2),
            _ => Extremes[random.Next(Extremes.Length)],
        };
        var bytes = new byte[10];
        int count = 1 << random.Next(4);
        switch (random.Next(3))
        {
            case 0: BinaryPrimitives.WriteInt64LittleEndian(bytes, value); break;
            case 1: BinaryPrimitives.WriteInt64BigEndian(bytes, value << (64 - (8 * count))); break;
            default:
                count = 0;
                for (ulong rest = (ulong)value; count == 0 || rest != 0; rest >>= 7) bytes[count++] = (byte)(rest | 0x80);
                bytes[count - 1] &= 0x7F;
                break;
        }
        return bytes[..count];
    }
}
