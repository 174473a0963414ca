using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
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

    readonly PickleStack stack = new(budget);

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
        return this.stack.Pop();
    }

    internal static FormatException Damaged(string what) => new($"has a damaged pickle: {Text.Printable(what)}; get it again");

    /// <summary>Numbers, texts and bytes.</summary>
    bool Literal(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'N': this.stack.Push(null); break;
            case 0x88: this.stack.Push(true); break; // NEWTRUE
            case 0x89: this.stack.Push(false); break; // NEWFALSE
            case (byte)'K': this.stack.Push((long)cursor.Byte()); break;
            case (byte)'M': this.stack.Push((long)cursor.UInt16()); break;
            case (byte)'J': this.stack.Push((long)cursor.Int32()); break;
            case (byte)'I' or (byte)'L': PushDecimal(Line()); break;
            case 0x8A: PushNumber(Number(cursor.Byte())); break; // LONG1
            case 0x8B: PushNumber(Number(cursor.UInt32())); break; // LONG4
            case (byte)'G': this.stack.Push(BitConverter.Int64BitsToDouble(BinaryPrimitives.ReverseEndianness(cursor.Int64()))); break;
            case (byte)'U' or (byte)'C': this.stack.Push(Bytes(cursor.Byte())); break; // a text of Python 2, bytes
            case (byte)'T' or (byte)'B': this.stack.Push(Bytes(cursor.UInt32())); break;
            case 0x8E or 0x96: this.stack.Push(Bytes(cursor.Int64())); break; // BINBYTES8, BYTEARRAY8
            case 0x8C: this.stack.Push(Unicode(cursor.Byte())); break; // SHORT_BINUNICODE
            case (byte)'X': this.stack.Push(Unicode(cursor.UInt32())); break;
            case 0x8D: this.stack.Push(Unicode(cursor.Int64())); break; // BINUNICODE8
            default: return false;
        }
        return true;
    }

    /// <summary>Lists, tuples, dictionaries, marks and the memo.</summary>
    bool Collection(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(': this.stack.Mark(); break;
            case (byte)')': this.stack.Push(Array.Empty<object?>()); break;
            case 0x85: this.stack.Push(this.stack.PopMany(1)); break; // TUPLE1 .. TUPLE3
            case 0x86: this.stack.Push(this.stack.PopMany(2)); break;
            case 0x87: this.stack.Push(this.stack.PopMany(3)); break;
            case (byte)'t': this.stack.Push(this.stack.PopMark()); break;
            case (byte)']' or 0x8F: this.stack.PushNew(32, new List<object?>()); break; // EMPTY_SET too
            case (byte)'a': Add(this.stack.PopMany(1)); break;
            case (byte)'e' or 0x90: Add(this.stack.PopMark()); break; // ADDITEMS too
            case (byte)'l':
                object?[] items = this.stack.PopMark();
                this.stack.PushNew(32 + (8 * items.Length), new List<object?>(items));
                break;
            case 0x91: this.stack.Push(this.stack.PopMark()); break; // FROZENSET
            case (byte)'}': this.stack.PushNew(64, new PickleDictionary()); break;
            case (byte)'s': Set(this.stack.PopMany(2)); break;
            case (byte)'u': Set(this.stack.PopMark()); break;
            case (byte)'0': this.stack.Pop(); break;
            case (byte)'1': this.stack.PopMark(); break;
            case (byte)'2': this.stack.Push(this.stack.Top()); break;
            case (byte)'q': this.stack.Remember(cursor.Byte()); break;
            case (byte)'r': this.stack.Remember(cursor.UInt32()); break;
            case 0x94: this.stack.Remember(); break; // MEMOIZE
            case (byte)'h': this.stack.Push(this.stack.Recall(cursor.Byte())); break;
            case (byte)'j': this.stack.Push(this.stack.Recall(cursor.UInt32())); break;
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
            case (byte)'c': this.stack.Push(Global(Line(), Line())); break;
            case (byte)'i':
                throw Damaged($"it makes a {Global(Line(), Line())} in the way of Python 1");
            case 0x93: // STACK_GLOBAL
                object?[] names = this.stack.PopMany(2);
                this.stack.Push(Global(PickleValue.Text(names[0]), PickleValue.Text(names[1])));
                break;
            case (byte)'R' or 0x81: // REDUCE, NEWOBJ
                object?[] call = this.stack.PopMany(2);
                if (call is not [PickleConstructor constructor, object?[] arguments]) throw Damaged("it calls what cannot be called");
                TakeCopies(arguments);
                this.stack.Push(constructor(arguments));
                break;
            case (byte)'b': // BUILD
                object? state = this.stack.Pop();
                TakeCopies(PickleValue.Items(state) ?? []);
                (this.stack.Top() as IPickleState ?? throw Damaged("it sets the state of an object that has none")).Set(state);
                break;
            case (byte)'Q': this.stack.Push(types.Persistent(this.stack.Pop())); break;
            default: return false;
        }
        return true;
    }

    /// <summary>Constructors and states may copy each list that they are given; the list itself may come again and again for two bytes.</summary>
    void TakeCopies(IReadOnlyList<object?> given) => budget.Take(256 + (48 * given.Sum(item => 1L + (PickleValue.Items(item)?.Count ?? 0))));

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
        if (digits is "00" or "01") this.stack.Push(digits == "01");
        else if (BigInteger.TryParse(digits.TrimEnd('L'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) PushNumber(number);
        else throw Damaged("a number that is none");
    }

    void PushNumber(BigInteger number)
    {
        if (number >= long.MinValue && number <= long.MaxValue) this.stack.Push((long)number);
        else this.stack.Push(number);
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

    void Add(object?[] items)
    {
        if (this.stack.Top() is not List<object?> list) throw Damaged("it adds to what is no list");
        budget.Take(24 * items.Length);
        list.AddRange(items);
    }

    void Set(object?[] items)
    {
        if (this.stack.Top() is not PickleDictionary dictionary || items.Length % 2 != 0) throw Damaged("it adds to what is no dictionary");
        budget.Take(48 * items.Length);
        for (int i = 0; i < items.Length; i += 2) dictionary.Items.Add((items[i], items[i + 1]));
    }
}
