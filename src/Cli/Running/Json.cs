using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuStyle.Cli.Running;

/// <summary>JSON as the command line prints it: camel case, enumerations by name, one line or indented.</summary>
internal static class Json
{
    static readonly JsonSerializerOptions Compact = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    static readonly JsonSerializerOptions Strict = new(Compact) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>A value that <see cref="Line"/> wrote.</summary>
    /// <exception cref="JsonException">The text is no such value, or has members that the type lacks.</exception>
    public static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, Strict) ?? throw new JsonException("null is no value");

    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Compact);

    public static string Page<T>(T value) => JsonSerializer.Serialize(value, Indented);
}
