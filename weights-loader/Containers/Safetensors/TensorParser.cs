using System.Text.Json;

namespace GpuStyle.WeightsLoader;

/// <summary>One tensor's entry in a safetensors header: its fields, each checked for itself and against the others.</summary>
static class TensorParser
{
    /// <summary>Reads the object that follows a tensor's name. Unknown fields with a plain value are passed over.</summary>
    /// <exception cref="FormatException">Anything that does not fit; the message continues "FILE ...".</exception>
    public static StoredTensor Parse(ref Utf8JsonReader reader, string name, long dataStart, int maximumRank)
    {
        string where = $"tensor {Text.Quote(name)}";
        string? type = null;
        List<long>? shape = null, offsets = null;
        SafetensorsHeader.Expect(ref reader, JsonTokenType.StartObject, where);
        while (SafetensorsHeader.Next(ref reader) == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            bool twice = false;
            switch (field)
            {
                case "dtype":
                    twice = type is not null;
                    SafetensorsHeader.Expect(ref reader, JsonTokenType.String, $"the dtype of {where}");
                    type = reader.GetString()!;
                    break;
                case "shape":
                    twice = shape is not null;
                    shape = Numbers(ref reader, $"the shape of {where}", maximumRank);
                    break;
                case "data_offsets":
                    twice = offsets is not null;
                    offsets = Numbers(ref reader, $"data_offsets of {where}", 2);
                    break;
                default:
                    if (SafetensorsHeader.Next(ref reader) is JsonTokenType.StartObject or JsonTokenType.StartArray)
                        throw new FormatException($"has a malformed header: {where} has an unknown field {Text.Quote(field)}");
                    break;
            }
            if (twice) throw new FormatException($"has a malformed header: {where} has {field} twice");
        }
        if (type is null || shape is null || offsets is not [var begin, var end])
            throw new FormatException($"has a malformed header: {where} lacks its dtype, shape or data_offsets");
        return Check(name, where, type, shape, begin, end, dataStart);
    }

    static StoredTensor Check(string name, string where, string type, List<long> shape, long begin, long end, long dataStart)
    {
        int bits = ElementTypes.Bits(type);
        if (bits == 0) throw new FormatException($"has a malformed header: {where} is of the unknown type {Text.Quote(type)}");
        long elements = 1, length, position;
        try
        {
            foreach (long size in shape) elements = checked(elements * size);
            length = checked(elements * bits);
            position = checked(dataStart + begin);
            _ = checked(dataStart + end);
        }
        catch (OverflowException e)
        {
            throw new FormatException($"has a malformed header: the size of {where} overflows", e);
        }
        if (end < begin || length % 8 != 0 || length / 8 != end - begin)
            throw new FormatException(
                $"has a malformed header: {where} is {type} {Text.Shape(shape)}, which does not fit bytes {begin} to {end}");
        return new StoredTensor(name, type, shape, elements, position, length / 8);
    }

    static List<long> Numbers(ref Utf8JsonReader reader, string what, int maximum)
    {
        SafetensorsHeader.Expect(ref reader, JsonTokenType.StartArray, what);
        var numbers = new List<long>();
        while (SafetensorsHeader.Next(ref reader) != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw new FormatException($"has a malformed header: {what} holds something else than whole numbers");
            if (numbers.Count == maximum)
                throw new FormatException($"has a malformed header: {what} has more than {maximum} numbers");
            numbers.Add(number);
        }
        return numbers;
    }
}
