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

    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Compact);

    public static string Page<T>(T value) => JsonSerializer.Serialize(value, Indented);
}
