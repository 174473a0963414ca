using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>How a field's value is written.</summary>
enum WireKind
{
    Number = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>
/// The fields of one message in protobuf's wire format (https://protobuf.dev/programming-guides/encoding), one after the other. A value
/// of many bytes is moved over and not read, and a message in it is another reader on the same cursor. The groups of old protobuf
/// versions, which weight files do not use, are refused.
/// </summary>
struct WireReader(FileCursor cursor, long start, long length)
{
    readonly long end = start + length;
    long next = start;

    /// <summary>The current field's number.</summary>
    public int Field { get; private set; }

    /// <summary>The current field's kind.</summary>
    public WireKind Kind { get; private set; }

    /// <summary>The value of a <see cref="WireKind.Number"/>.</summary>
    public long Value { get; private set; }

    /// <summary>Where the value begins that is not a <see cref="WireKind.Number"/>.</summary>
    public long Start { get; private set; }

    /// <summary>How many bytes it has.</summary>
    public long Length { get; private set; }

    /// <summary>Moves to the next field; false behind the last.</summary>
    /// <exception cref="FormatException">Not the wire format, or cut short; the message continues "FILE ...".</exception>
    public bool Next()
    {
        if (this.next >= this.end) return false;
        cursor.Position = this.next;
        long tag = Varint(cursor);
        Field = (int)(tag >>> 3);
        Kind = (WireKind)(tag & 7);
        if (Field == 0 || tag >>> 32 != 0) throw Damaged(cursor.Position);
        Value = Kind is WireKind.Number ? Varint(cursor) : 0;
        Length = Kind switch
        {
            WireKind.Number => 0,
            WireKind.Fixed64 => 8,
            WireKind.Bytes => Varint(cursor),
            WireKind.Fixed32 => 4,
            _ => throw Damaged(cursor.Position),
        };
        Start = cursor.Position;
        cursor.Skip(Length);
        this.next = cursor.Position;
        return this.next <= this.end ? true : throw Damaged(cursor.Position);
    }

    /// <summary>Whether the current field is that one, of that kind.</summary>
    public readonly bool Is(int field, WireKind kind = WireKind.Bytes) => Field == field && Kind == kind;

    /// <summary>The fields of the message in the current value.</summary>
    public readonly WireReader Message() => new(cursor, Start, Length);

    /// <summary>The current value as text.</summary>
    public readonly string Text(DescriptionBudget budget)
    {
        cursor.Position = Start;
        return cursor.Text(Length, Encoding.UTF8, budget);
    }

    /// <summary>Gives the whole numbers of the current field, one or packed.</summary>
    public readonly void Numbers(Action<long> take)
    {
        if (Kind == WireKind.Number) take(Value);
        else if (Kind != WireKind.Bytes) throw Damaged(cursor.Position);
        else
            for (cursor.Position = Start; cursor.Position < Start + Length;) take(Varint(cursor));
    }

    /// <summary>Adds the dimensions in the current field, one or packed.</summary>
    public readonly void Dimensions(List<long> shape, DescriptionBudget budget) => Numbers(size =>
    {
        budget.Take(32);
        shape.Add(size);
    });

    /// <summary>A number of seven bits a byte, the lowest first.</summary>
    public static long Varint(FileCursor cursor)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = cursor.Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return (long)value;
        }
        throw Damaged(cursor.Position);
    }

    static FormatException Damaged(long position) => new($"is damaged near byte {position}: that is no protobuf field; copy or download it again");
}
