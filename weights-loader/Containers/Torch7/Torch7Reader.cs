using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// Reads an object as torch.save of Torch7 writes it in its binary mode (https://github.com/torch/torch7/blob/master/File.lua, and write in
/// generic/Tensor.c and generic/Storage.c): a number for its kind and then its content; tables and torch objects have a number of their own, and come
/// again as that number alone. Numbers are of a 64-bit machine, little-endian. Functions are passed over and never run. Values are null, bool,
/// double, string, <see cref="LuaTable"/>, <see cref="LuaObject"/>, <see cref="LuaStorage"/>, <see cref="LuaTensor"/>.
/// </summary>
sealed class Torch7Reader(FileCursor cursor, DescriptionBudget budget)
{
    const int Nil = 0, Number = 1, String = 2, Table = 3, Torch = 4, Boolean = 5, Function = 6, OldRecursiveFunction = 7, RecursiveFunction = 8;
    const int DeepestNesting = 200, MostDimensions = 32, LongestText = 1 << 16;

    readonly Dictionary<int, object> objects = [];
    int depth;

    /// <summary>Reads one object and all that hangs on it.</summary>
    /// <exception cref="FormatException">Damaged or cut short; the message continues "FILE ...".</exception>
    public object? Read()
    {
        budget.Take(64);
        int kind = cursor.Int32();
        return kind switch
        {
            Nil => null,
            Number => cursor.Double(),
            String => ShortText(),
            Boolean => cursor.Int32() != 0,
            Table or Torch or Function or OldRecursiveFunction or RecursiveFunction => Nested(kind),
            _ => throw Damaged($"an object of the unknown kind {kind}"),
        };
    }

    object? Nested(int kind)
    {
        if (++this.depth > DeepestNesting) throw Damaged($"it nests deeper than {DeepestNesting} objects");
        object? value = kind == Function ? PassFunction() : Numbered(kind);
        this.depth--;
        return value;
    }

    object? Numbered(int kind)
    {
        int number = cursor.Int32();
        if (this.objects.TryGetValue(number, out object? known)) return known;
        budget.Take(96);
        switch (kind)
        {
            case Table:
                var table = new LuaTable();
                this.objects[number] = table; // before its content, which may hold it again
                for (int left = cursor.Int32(); left > 0; left--)
                {
                    budget.Take(64);
                    table.Pairs.Add((Read(), Read()));
                }
                return table;
            case Torch: return TorchObject(number);
            default:
                this.objects[number] = "";
                return PassFunction();
        }
    }

    object TorchObject(int number)
    {
        string name = ShortText();
        if (name.StartsWith("V ", StringComparison.Ordinal)) name = ShortText(); // a version came first
        if (Element(name, "Tensor") is { } tensorType)
        {
            int rank = cursor.Int32();
            if (rank is < 0 or > MostDimensions) throw Damaged($"a tensor of {rank} dimensions");
            budget.Take(128 + (16 * rank));
            var tensor = new LuaTensor(tensorType, Longs(rank), Longs(rank), cursor.Int64() - 1);
            this.objects[number] = tensor;
            tensor.Storage = Read() switch
            {
                null => null,
                LuaStorage storage when storage.Type == tensorType => storage,
                _ => throw Damaged("a tensor without a storage of its type"),
            };
            return tensor;
        }
        if (Element(name, "Storage") is { } type)
        {
            long count = cursor.Int64();
            var storage = new LuaStorage(type, count, cursor.Position);
            this.objects[number] = storage;
            int size = ElementTypes.Bits(type) / 8;
            if (count < 0 || count > long.MaxValue / size) throw Damaged($"a storage of {count} elements");
            cursor.Skip(count * size);
            return storage;
        }
        budget.Take(64);
        var made = new LuaObject(name);
        this.objects[number] = made;
        made.Fields = Read();
        if (made.Fields is not LuaTable) throw new FormatException($"has an object of the class {Text.Quote(name)}, which is not read: save the network without it");
        return made;
    }

    /// <summary>A function's code and the variables that it holds.</summary>
    object? PassFunction()
    {
        cursor.Skip(cursor.Int32());
        Read();
        return null;
    }

    long[] Longs(int count)
    {
        var numbers = new long[count];
        for (int i = 0; i < count; i++) numbers[i] = cursor.Int64();
        return numbers;
    }

    string ShortText()
    {
        int length = cursor.Int32();
        if (length <= LongestText) return cursor.Text(length, Encoding.UTF8, budget);
        cursor.Skip(length);
        return "";
    }

    /// <summary>The element type of torch.FloatTensor, torch.CudaTensor, torch.DoubleStorage, ...; null for another class.</summary>
    static string? Element(string name, string ending) =>
        !name.StartsWith("torch.", StringComparison.Ordinal) || !name.EndsWith(ending, StringComparison.Ordinal) || name.Length <= 6 + ending.Length ? null
        : name[6..^ending.Length] switch
        {
            "Float" or "Cuda" => "F32",
            "Double" or "CudaDouble" => "F64",
            "Half" or "CudaHalf" => "F16",
            "Long" or "CudaLong" => "I64",
            "Int" or "CudaInt" => "I32",
            "Short" or "CudaShort" => "I16",
            "Char" or "CudaChar" => "I8",
            "Byte" or "CudaByte" => "U8",
            _ => null,
        };

    static FormatException Damaged(string what) => new($"is a damaged Torch7 file: {what}; copy or download it again");
}
