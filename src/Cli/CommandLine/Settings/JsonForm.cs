using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuStyle.Cli;

/// <summary>How an option's value is written in a settings file: a JSON schema, and the way from JSON to the words of a command line and back.</summary>
/// <param name="Schema">Its <c>type</c> is always there; keywords of several types stand side by side.</param>
/// <param name="Plain">What is taken, in words, where no parser of the option's own says so.</param>
internal sealed record JsonForm(JsonObject Schema, string? Plain = null)
{
    public static JsonForm Flag { get; } = new(new JsonObject { ["type"] = "boolean" }, "true or false");

    public static JsonForm Text { get; } = new(new JsonObject { ["type"] = "string" }, "a text");

    public static JsonForm Whole(int least, int most) => new(Bounded("integer", "minimum", least, most));

    /// <summary>A number above 0, or, if <paramref name="zero"/>, 0 too.</summary>
    public static JsonForm Number(bool zero, int? most = null) => new(Bounded("number", zero ? "minimum" : "exclusiveMinimum", 0, most));

    public static JsonForm Choice(params IEnumerable<string> words) => new(new JsonObject { ["type"] = "string", ["enum"] = Array(words) });

    /// <summary>A text that a regular expression describes; also a whole number, if <paramref name="number"/>.</summary>
    public static JsonForm Pattern(string pattern, bool number = false) => new(new JsonObject { ["type"] = number ? Array(["integer", "string"]) : "string", ["pattern"] = pattern });

    /// <summary>A whole number in a range, or the word auto.</summary>
    public static JsonForm Automatic(int least, int most)
    {
        var schema = Bounded("integer", "minimum", least, most);
        schema["type"] = Array(["integer", "string"]);
        schema["pattern"] = "^auto$";
        return new(schema);
    }

    /// <summary>Several of these, or one of them alone.</summary>
    public static JsonForm List(JsonForm item)
    {
        var schema = (JsonObject)item.Schema.DeepClone();
        schema["type"] = Array(["array", (string)item.Schema["type"]!]);
        schema["items"] = item.Schema.DeepClone();
        schema["minItems"] = 1;
        return new(schema, item.Plain is { } plain ? $"{plain}, or several in brackets" : null);
    }

    /// <summary>What suits a type, for an option that says nothing more of its values.</summary>
    public static JsonForm Of(Type type) => Nullable.GetUnderlyingType(type) is { } inner ? Of(inner)
        : type == typeof(bool) ? Flag
        : type == typeof(int) || type == typeof(long) ? new(new JsonObject { ["type"] = "integer" })
        : type == typeof(double) ? new(new JsonObject { ["type"] = "number" })
        : type == typeof(string[]) ? List(Text)
        : Text;

    /// <summary>Whether a value, and what it holds, is of a kind that can be meant.</summary>
    public bool Fits(JsonElement value) => Takes(value.ValueKind) && (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().All(Item.Fits));

    /// <summary>Whether a value of this kind can be meant.</summary>
    public bool Takes(JsonValueKind kind) => TypesOf(Schema).Contains(kind switch
    {
        JsonValueKind.Number => Numeric,
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Array => "array",
        _ => "",
    });

    /// <summary>The value's words for a command line. What is of another kind keeps its JSON look, quotes and all, so that its reader refuses it as what it is.</summary>
    public string[] Words(JsonElement value) => value.ValueKind == JsonValueKind.Array && Takes(JsonValueKind.Array)
        ? [.. value.EnumerateArray().Select(item => Word(item, Item))]
        : [Word(value, this)];

    /// <summary>JSON for words of a command line that were good.</summary>
    public JsonNode Value(string[] words) => TypesOf(Schema).Contains("array")
        ? new JsonArray([.. words.Select(w => Item.Value([w]))])
        : Numeric is { } type && double.TryParse(words[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? type == "integer" ? JsonValue.Create((long)number) : JsonValue.Create(number)
        : TypesOf(Schema).Contains("boolean") ? JsonValue.Create(bool.Parse(words[0]))
        : JsonValue.Create(words[0]);

    /// <summary>One of a list.</summary>
    JsonForm Item => new((JsonObject)Schema["items"]!);

    string? Numeric => new[] { "integer", "number" }.FirstOrDefault(TypesOf(Schema).Contains);

    static string Word(JsonElement value, JsonForm form) => value.ValueKind == JsonValueKind.String && form.Takes(JsonValueKind.String) ? value.GetString()! : value.GetRawText();

    static string[] TypesOf(JsonObject schema) => schema["type"] is JsonArray several ? [.. several.Select(t => (string)t!)] : [(string)schema["type"]!];

    static JsonObject Bounded(string type, string bound, int least, int? most)
    {
        var schema = new JsonObject { ["type"] = type, [bound] = least };
        if (most is { } m and < int.MaxValue) schema["maximum"] = m;
        return schema;
    }

    static JsonArray Array(IEnumerable<string> words) => new([.. words.Select(w => JsonValue.Create(w))]);
}
