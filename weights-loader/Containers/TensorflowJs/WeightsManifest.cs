using System.Text.Json;

namespace GpuStyle.WeightsLoader;

/// <summary>How a weight is stored: a value is <c>stored * Scale + Min</c>; float16 has neither.</summary>
readonly record struct Quantization(string Type, double Scale, double Min);

/// <summary>One weight of a manifest.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Type">Its type in a program that has loaded it.</param>
/// <param name="Quantization">How it is stored, where that differs.</param>
sealed record ManifestWeight(string Name, IReadOnlyList<long> Shape, string Type, Quantization? Quantization);

/// <summary>Weights that lie one after the other in the files <paramref name="Paths"/>.</summary>
sealed record ManifestGroup(IReadOnlyList<string> Paths, IReadOnlyList<ManifestWeight> Weights);

/// <summary>
/// The <c>weightsManifest</c> of a TensorFlow.js model.json (tfjs-core, io/types.ts):
/// <c>[{"paths": ["group1-shard1of2.bin", ..], "weights": [{"name": .., "shape": [..], "dtype": "float32"}, ..]}, ..]</c>.
/// Everything else in the text is passed over.
/// </summary>
static class WeightsManifest
{
    const int MaximumRank = 32;

    /// <summary>The manifest's groups, or null where the text has no manifest.</summary>
    /// <exception cref="FormatException">Malformed; the message continues "FILE ...".</exception>
    public static List<ManifestGroup>? Parse(ReadOnlySpan<byte> json, DescriptionBudget budget)
    {
        if (json.StartsWith("\uFEFF"u8)) json = json[3..];
        List<ManifestGroup>? groups = null;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
        try
        {
            Expect(ref reader, JsonTokenType.StartObject);
            while (Next(ref reader) == JsonTokenType.PropertyName)
            {
                if (!reader.ValueTextEquals("weightsManifest"u8)) reader.Skip();
                else if (groups is null) groups = List(ref reader, budget, Group);
                else throw Malformed();
            }
            while (reader.Read()) { } // anything after the closing brace is refused by the reader
        }
        catch (JsonException e)
        {
            throw new FormatException($"is not whole JSON (line {(e.LineNumber ?? 0) + 1}); copy or download it again", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("has text that is not valid UTF-8; copy or download it again", e);
        }
        return groups;
    }

    static ManifestGroup Group(ref Utf8JsonReader reader, DescriptionBudget budget)
    {
        List<string>? paths = null;
        List<ManifestWeight>? weights = null;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("paths"u8)) paths = List(ref reader, budget, Path);
            else if (reader.ValueTextEquals("weights"u8)) weights = List(ref reader, budget, Weight);
            else reader.Skip();
        }
        return new ManifestGroup(paths ?? throw Malformed(), weights ?? throw Malformed());
    }

    static ManifestWeight Weight(ref Utf8JsonReader reader, DescriptionBudget budget)
    {
        string? name = null, type = null;
        List<long>? shape = null;
        Quantization? quantization = null;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8)) name = NextString(ref reader);
            else if (reader.ValueTextEquals("dtype"u8)) type = NextString(ref reader);
            else if (reader.ValueTextEquals("shape"u8)) shape = List(ref reader, budget, Size);
            else if (reader.ValueTextEquals("quantization"u8)) quantization = Quantization(ref reader);
            else reader.Skip();
        }
        if (name is null || type is null || shape is null || shape.Count > MaximumRank) throw Malformed();
        budget.Take(350 + (2 * (name.Length + type.Length)));
        return new ManifestWeight(name, shape, type, quantization);
    }

    static Quantization Quantization(ref Utf8JsonReader reader)
    {
        string? type = null;
        double scale = 1, min = 0;
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("dtype"u8)) type = NextString(ref reader);
            else if (reader.ValueTextEquals("scale"u8)) scale = Number(ref reader);
            else if (reader.ValueTextEquals("min"u8)) min = Number(ref reader);
            else reader.Skip();
        }
        return new Quantization(type ?? throw Malformed(), scale, min);
    }

    delegate T Item<T>(ref Utf8JsonReader reader, DescriptionBudget budget);

    static List<T> List<T>(ref Utf8JsonReader reader, DescriptionBudget budget, Item<T> item)
    {
        var items = new List<T>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (Next(ref reader) != JsonTokenType.EndArray) items.Add(item(ref reader, budget));
        return items;
    }

    static string String(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Malformed();

    static string Path(ref Utf8JsonReader reader, DescriptionBudget budget)
    {
        budget.Take(32 + (2 * reader.ValueSpan.Length));
        return String(ref reader);
    }

    static long Size(ref Utf8JsonReader reader, DescriptionBudget budget) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long size) && size >= 0 ? size : throw Malformed();

    static double Number(ref Utf8JsonReader reader) =>
        Next(ref reader) == JsonTokenType.Number && reader.TryGetDouble(out double number) && double.IsFinite(number) ? number : throw Malformed();

    static string NextString(ref Utf8JsonReader reader)
    {
        Next(ref reader);
        return String(ref reader);
    }

    static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw Malformed();

    static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (Next(ref reader) != type) throw Malformed();
    }

    static FormatException Malformed() => new("is a TensorFlow.js model.json with a malformed weightsManifest; copy or download it again");
}
