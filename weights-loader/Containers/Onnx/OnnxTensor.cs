using System.Globalization;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// A TensorProto: its values are bytes (<c>raw_data</c>), floats, doubles, whole numbers (half precision too, as its bits), or lie in another file.
/// </summary>
sealed class OnnxTensor
{
    const int Dimensions = 1, DataType = 2, FloatData = 4, Int32Data = 5, Name = 8, RawData = 9, DoubleData = 10, ExternalEntry = 13, DataLocation = 14;

    readonly WireReader message;
    readonly List<long> shape = [];
    readonly Dictionary<string, string> external = new(StringComparer.Ordinal);
    readonly bool isExternal;
    readonly string name = "", type = "an unknown type";
    readonly (long Start, long Length)? raw;
    readonly RepeatedValues floats = new("F32"), doubles = new("F64");
    readonly long numbers;

    /// <summary>Reads the tensor in the current value of <paramref name="message"/>.</summary>
    public OnnxTensor(WireReader message, DescriptionBudget budget)
    {
        budget.Take(400);
        this.message = message;
        long count = 0;
        for (var field = message.Message(); field.Next();)
        {
            switch (field.Field)
            {
                case Dimensions: field.Dimensions(this.shape, budget); break;
                case DataType: this.type = Type(field.Value); break;
                case FloatData: this.floats.Add(field); break;
                case DoubleData: this.doubles.Add(field); break;
                case Int32Data: field.Numbers(_ => count++); break;
                case Name when field.Is(Name): this.name = field.Text(budget); break;
                case RawData when field.Is(RawData): this.raw = (field.Start, field.Length); break;
                case ExternalEntry when field.Is(ExternalEntry): AddExternal(field.Message(), budget); break;
                case DataLocation: this.isExternal = field.Value == 1; break;
            }
        }
        this.numbers = count;
    }

    /// <summary>The tensor's entry, checked.</summary>
    public TensorEntry Describe(InputFile file, ExternalData files)
    {
        long elements = TensorList.Count(this.name, this.shape);
        int bits = ElementTypes.Bits(this.type);
        Int128 bytes = (Int128)elements * bits / 8;
        if (this.isExternal && bits > 0) return External(files, elements, bytes);
        if (this.raw is { } run && bits > 0)
            return run.Length == bytes
                ? new StoredTensor(this.name, this.type, this.shape, elements, run.Start, run.Length)
                : throw TensorList.Misfit(this.name, this.shape);
        switch (this.type)
        {
            case "F32": return this.floats.Describe(this.name, this.shape, this.message, FloatData);
            case "F64": return this.doubles.Describe(this.name, this.shape, this.message, DoubleData);
            case "F16" or "BF16":
                // A value may take one byte there: a file of nothing but zeros is not let grow to four times its length.
                return this.numbers == elements && elements <= file.Length / 4 * 3
                    ? new RepeatedTensor(this.name, this.type, this.shape, elements, this.message.Start, this.message.Length, Int32Data)
                    : throw TensorList.Misfit(this.name, this.shape);
            default: return new UnreadTensor(this.name, this.type, this.shape, elements);
        }
    }

    ArrayTensor External(ExternalData files, long elements, Int128 bytes)
    {
        if (!this.external.TryGetValue("location", out string? location))
            throw new FormatException($"does not say in which file the values of tensor {Text.Quote(this.name)} are: it is damaged; get it again");
        var file = files.Open(location);
        long offset = Number("offset", 0), length = Number("length", (long)Int128.Min(bytes, long.MaxValue));
        if (length != bytes) throw TensorList.Misfit(this.name, this.shape);
        if (offset > file.Length - length)
            throw new FormatException($"keeps values in {Text.Quote(location)}, which is cut short: copy or download that file again");
        return new ArrayTensor(this.name, this.type, this.shape, elements, file, offset);

        long Number(string key, long otherwise) =>
            !this.external.TryGetValue(key, out string? text) ? otherwise
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : throw new FormatException($"has tensor {Text.Quote(this.name)} whose {key} is no number: it is damaged; get it again");
    }

    void AddExternal(WireReader entry, DescriptionBudget budget)
    {
        string key = "", value = "";
        while (entry.Next())
        {
            if (entry.Is(1)) key = entry.Text(budget);
            else if (entry.Is(2)) value = entry.Text(budget);
        }
        budget.Take(64);
        this.external[key] = value;
    }

    static string Type(long type) => type switch
    {
        1 => "F32",
        2 => "U8",
        3 => "I8",
        4 => "U16",
        5 => "I16",
        6 => "I32",
        7 => "I64",
        8 => "text",
        9 => "BOOL",
        10 => "F16",
        11 => "F64",
        12 => "U32",
        13 => "U64",
        14 => "C64",
        16 => "BF16",
        _ => string.Create(CultureInfo.InvariantCulture, $"number {type} of ONNX"),
    };
}
