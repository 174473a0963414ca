using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// Python's pickles of protocols 2 to 5 (the opcodes' description is Python's own Lib/pickletools.py), without Python: numbers, texts, lists,
/// tuples and dictionaries, and of classes and functions what <see cref="PickleTypes"/> allows by name. Nothing else can be called, so
/// nothing can be run. Long bytes stay in the file. Values are null, bool, long, <see cref="BigInteger"/>, double, string,
/// <see cref="PickleBytes"/>, <c>object?[]</c> (tuple), <c>List</c> (list, set), <see cref="PickleDictionary"/> and what the types make.
/// </summary>
sealed class PickleReader(FileCursor cursor, DescriptionBudget budget, PickleTypes types)
{
    const int LongestText = 1 << 16, LongestNumber = 64;

    readonly List<object?> stack = [];
    readonly Stack<int> marks = new();
    readonly Dictionary<uint, object?> memo = [];

    /// <summary>Reads one pickle; the cursor is left behind it.</summary>
    /// <exception cref="FormatException">Damaged, or it asks for what is not allowed; the message continues "FILE ...".</exception>
    public object? Read()
    {
        for (byte opcode = cursor.Byte(); opcode != '.'; opcode = cursor.Byte())
        {
            budget.Take(8);
            if (!Literal(opcode) && !Collection(opcode) && !Object(opcode))
                throw Damaged($"byte {cursor.Position - 1} is no opcode of weight files (0x{opcode:x2})");
        }
        return Pop();
    }

    internal static FormatException Damaged(string what) => new($"has a damaged pickle: {Text.Printable(what)}; get it again");

    /// <summary>Numbers, texts and bytes.</summary>
    bool Literal(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break; // NEWTRUE
            case 0x89: Push(false); break; // NEWFALSE
            case (byte)'K': Push((long)cursor.Byte()); break;
            case (byte)'M': Push((long)cursor.UInt16()); break;
            case (byte)'J': Push((long)cursor.Int32()); break;
            case (byte)'I' or (byte)'L': PushDecimal(Line()); break;
            case 0x8A: PushNumber(Number(cursor.Byte())); break; // LONG1
            case 0x8B: PushNumber(Number(cursor.UInt32())); break; // LONG4
            case (byte)'G': Push(BitConverter.Int64BitsToDouble(BinaryPrimitives.ReverseEndianness(cursor.Int64()))); break;
            case (byte)'U' or (byte)'C': Push(Bytes(cursor.Byte())); break; // a text of Python 2, bytes
            case (byte)'T' or (byte)'B': Push(Bytes(cursor.UInt32())); break;
            case 0x8E or 0x96: Push(Bytes(cursor.Int64())); break; // BINBYTES8, BYTEARRAY8
            case 0x8C: Push(Unicode(cursor.Byte())); break; // SHORT_BINUNICODE
            case (byte)'X': Push(Unicode(cursor.UInt32())); break;
            case 0x8D: Push(Unicode(cursor.Int64())); break; // BINUNICODE8
            default: return false;
        }
        return true;
    }

    /// <summary>Lists, tuples, dictionaries, marks and the memo.</summary>
    bool Collection(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(':
                this.marks.Push(this.stack.Count);
                break;
            case (byte)')': Push(Array.Empty<object?>()); break;
            case 0x85: Push(PopMany(1)); break; // TUPLE1 .. TUPLE3
            case 0x86: Push(PopMany(2)); break;
            case 0x87: Push(PopMany(3)); break;
            case (byte)'t': Push(PopMark()); break;
            case (byte)']' or 0x8F: Push(new List<object?>()); break; // EMPTY_SET too
            case (byte)'a': Add(PopMany(1)); break;
            case (byte)'e' or 0x90: Add(PopMark()); break; // ADDITEMS too
            case (byte)'l': Push(new List<object?>(PopMark())); break;
            case 0x91: Push(PopMark()); break; // FROZENSET
            case (byte)'}': Push(new PickleDictionary()); break;
            case (byte)'s': Set(PopMany(2)); break;
            case (byte)'u': Set(PopMark()); break;
            case (byte)'0': Pop(); break;
            case (byte)'1': PopMark(); break;
            case (byte)'2': Push(Top()); break;
            case (byte)'q': Remember(cursor.Byte()); break;
            case (byte)'r': Remember(cursor.UInt32()); break;
            case 0x94: Remember((uint)this.memo.Count); break; // MEMOIZE
            case (byte)'h': Push(Recall(cursor.Byte())); break;
            case (byte)'j': Push(Recall(cursor.UInt32())); break;
            default: return false;
        }
        return true;
    }

    /// <summary>What is not Python's own: classes, calls, states, and objects outside the pickle.</summary>
    bool Object(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: cursor.Skip(1); break; // PROTO
            case 0x95: cursor.Skip(8); break; // FRAME
            case (byte)'c': Push(Global(Line(), Line())); break;
            case (byte)'i':
                throw Damaged($"it makes a {Global(Line(), Line())} in the way of Python 1");
            case 0x93: // STACK_GLOBAL
                object?[] names = PopMany(2);
                Push(Global(PickleValue.Text(names[0]), PickleValue.Text(names[1])));
                break;
            case (byte)'R' or 0x81: // REDUCE, NEWOBJ
                object?[] call = PopMany(2);
                if (call is not [PickleConstructor constructor, object?[] arguments]) throw Damaged("it calls what cannot be called");
                budget.Take(256 + (32 * arguments.Length));
                Push(constructor(arguments));
                break;
            case (byte)'b': // BUILD
                object? state = Pop();
                (Top() as IPickleState ?? throw Damaged("it sets the state of an object that has none")).Set(state);
                break;
            case (byte)'Q': Push(types.Persistent(Pop())); break;
            default: return false;
        }
        return true;
    }

    object Global(string? module, string? name)
    {
        if (module is null || name is null) throw Damaged("a class without a name");
        return types.Find(module, name) ?? throw new FormatException(
            $"asks for {Text.Quote($"{module}.{name}")}, which no tensors need and which is not run: {types.Advice}");
    }

    PickleBytes Bytes(long length)
    {
        cursor.Expect(length);
        long at = cursor.Position;
        budget.Take(64);
        string? text = length <= 1024 ? cursor.Text(length, Encoding.Latin1, budget) : null;
        cursor.At(at).Skip(length);
        return new PickleBytes(at, length, text);
    }

    object Unicode(long length)
    {
        if (length is >= 0 and <= LongestText) return cursor.Text(length, Encoding.UTF8, budget);
        long at = cursor.Position;
        cursor.Skip(length);
        budget.Take(64);
        return new PickleBytes(at, length, null);
    }

    BigInteger Number(uint length)
    {
        if (length > LongestNumber) throw Damaged($"a number of {length} bytes");
        Span<byte> bytes = stackalloc byte[LongestNumber];
        for (int i = 0; i < length; i++) bytes[i] = cursor.Byte();
        return new BigInteger(bytes[..(int)length]);
    }

    void PushDecimal(string digits)
    {
        if (digits is "00" or "01") Push(digits == "01");
        else if (BigInteger.TryParse(digits.TrimEnd('L'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) PushNumber(number);
        else throw Damaged("a number that is none");
    }

    void PushNumber(BigInteger number)
    {
        if (number >= long.MinValue && number <= long.MaxValue) Push((long)number);
        else Push(number);
    }

    string Line()
    {
        var line = new StringBuilder();
        for (byte letter = cursor.Byte(); letter != '\n'; letter = cursor.Byte())
        {
            if (line.Length == 256) throw Damaged("a name of more than 256 letters");
            line.Append((char)letter);
        }
        budget.Take(128 + (4 * line.Length));
        return line.ToString();
    }

    void Push(object? value)
    {
        budget.Take(32);
        this.stack.Add(value);
    }

    object? Top() => this.stack.Count > Floor ? this.stack[^1] : throw Damaged("it takes what is not there");

    object? Pop()
    {
        object? top = Top();
        this.stack.RemoveAt(this.stack.Count - 1);
        return top;
    }

    object?[] PopMany(int count)
    {
        if (this.stack.Count - count < Floor) throw Damaged("it takes what is not there");
        budget.Take(32 + (8 * count));
        object?[] values = CollectionsMarshal.AsSpan(this.stack)[^count..].ToArray();
        this.stack.RemoveRange(this.stack.Count - count, count);
        return values;
    }

    object?[] PopMark()
    {
        if (!this.marks.TryPop(out int mark)) throw Damaged("it ends what it did not begin");
        return PopMany(this.stack.Count - mark);
    }

    int Floor => this.marks.TryPeek(out int mark) ? mark : 0;

    void Add(object?[] items)
    {
        if (Top() is not List<object?> list) throw Damaged("it adds to what is no list");
        budget.Take(24 * items.Length);
        list.AddRange(items);
    }

    void Set(object?[] items)
    {
        if (Top() is not PickleDictionary dictionary || items.Length % 2 != 0) throw Damaged("it adds to what is no dictionary");
        budget.Take(48 * items.Length);
        for (int i = 0; i < items.Length; i += 2) dictionary.Items.Add((items[i], items[i + 1]));
    }

    void Remember(uint place)
    {
        budget.Take(96);
        this.memo[place] = Top();
    }

    object? Recall(uint place) => this.memo.TryGetValue(place, out object? value) ? value : throw Damaged("it recalls what it did not say");
}
