using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Writes a message in protobuf's wire format.</summary>
sealed class ProtobufMessage
{
    readonly List<byte> bytes = [];

    public byte[] ToArray() => [.. this.bytes];

    public ProtobufMessage Number(int field, long value)
    {
        Varint(field << 3);
        Varint(value);
        return this;
    }

    public ProtobufMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint((field << 3) | 2);
        Varint(value.Length);
        this.bytes.AddRange(value);
        return this;
    }

    public ProtobufMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufMessage Message(int field, ProtobufMessage value) => Bytes(field, value.ToArray());

    public ProtobufMessage Packed<T>(int field, params T[] values) where T : unmanaged => Bytes(field, MemoryMarshal.AsBytes<T>(values));

    public ProtobufMessage PackedNumbers(int field, params long[] values)
    {
        var numbers = new ProtobufMessage();
        foreach (long value in values) numbers.Varint(value);
        return Message(field, numbers);
    }

    /// <summary>Each value with its own tag.</summary>
    public ProtobufMessage Single<T>(int field, params T[] values) where T : unmanaged
    {
        foreach (T value in values)
        {
            Varint((field << 3) | (Marshal.SizeOf<T>() == 4 ? 5 : 1));
            this.bytes.AddRange(MemoryMarshal.AsBytes<T>(new[] { value }));
        }
        return this;
    }

    void Varint(long value)
    {
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7) this.bytes.Add((byte)(rest | 0x80));
        this.bytes.Add((byte)rest);
    }
}
