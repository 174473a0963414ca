using System.Globalization;
using System.Text.Json;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// The JSON header of a safetensors file: <c>{"name": {"dtype": .., "shape": [..], "data_offsets": [begin, end]}, ..,
/// "__metadata__": {"key": "text"}}</c>. Nothing in it is believed before it is checked: a problem is a
/// <see cref="FormatException"/> whose message continues a sentence that began with the file's name.
/// </summary>
sealed class SafetensorsHeader
{
    /// <summary>The longest header that the format allows, in bytes.</summary>
    public const long MaximumLength = 100_000_000;

    /// <summary>A tensor in a header: at most this many dimensions.</summary>
    const int MaximumRank = 32;

    readonly Dictionary<string, StoredTensor> entries = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    SafetensorsHeader() { }

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<StoredTensor> Entries { get; private set; } = [];

    /// <summary>The texts under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataStart">Where the data begin in the file.</param>
    /// <param name="fileLength">The file's length, in bytes.</param>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataStart, long fileLength)
    {
        var header = new SafetensorsHeader();
        // Three levels are all that the format has; a deeper header is refused by the reader itself.
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 3 });
        try
        {
            header.ParseObject(ref reader, dataStart);
            if (reader.Read()) throw new FormatException("has a header with something after its closing brace");
        }
        catch (JsonException e)
        {
            throw new FormatException(
                $"has a header that is not the format's JSON (byte {e.BytePositionInLine ?? 0} of it)", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("has a header whose text is not valid UTF-8", e);
        }
        header.CheckLayout(dataStart, fileLength);
        return header;
    }

    void ParseObject(ref Utf8JsonReader reader, long dataStart)
    {
        Expect(ref reader, JsonTokenType.StartObject, "its header");
        bool metadata = false;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (name == "__metadata__")
            {
                if (metadata) throw new FormatException("has __metadata__ twice in its header");
                metadata = true;
                ParseMetadata(ref reader);
            }
            else if (!this.entries.TryAdd(name, TensorParser.Parse(ref reader, name, dataStart, MaximumRank)))
                throw new FormatException($"has the tensor {Text.Quote(name)} twice in its header");
        }
    }

    void ParseMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, $"__metadata__ {Text.Quote(key)}");
            if (!this.metadata.TryAdd(key, reader.GetString()!))
                throw new FormatException($"has the key {Text.Quote(key)} twice in __metadata__");
        }
    }

    /// <summary>The format's rule: the tensors tile the data exactly - no hole, no overlap, nothing after the last.</summary>
    void CheckLayout(long dataStart, long fileLength)
    {
        var entries = this.entries.Values.OrderBy(e => e.Position).ThenBy(e => e.Bytes).ToArray();
        long end = dataStart;
        foreach (var entry in entries)
        {
            if (entry.Position != end)
                throw new FormatException(string.Create(CultureInfo.InvariantCulture,
                    $"has a header in which tensor {Text.Quote(entry.Name)} {(entry.Position > end ? "leaves a hole before it" : "overlaps another")}"));
            end += entry.Bytes;
        }
        if (end > fileLength)
            throw new FormatException($"is cut short: it has {fileLength} bytes and its header speaks of {end}; copy or download it again");
        if (end < fileLength)
            throw new FormatException($"has {fileLength - end} bytes after its last tensor; copy or download it again");
        Entries = entries;
    }

    internal static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new FormatException("has a header that ends too early");

    internal static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (Next(ref reader) != type) throw new FormatException($"has a malformed header: {what} is not what the format says");
    }
}
