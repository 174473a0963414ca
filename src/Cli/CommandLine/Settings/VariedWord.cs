namespace GpuStyle.Cli;

/// <summary>A word behind --vary: an option's key and its values, with commas between, or semicolons where values have commas. Without values it names a figure.</summary>
internal readonly record struct VariedWord(string Key, string[] Values)
{
    public static VariedWord Parse(string word)
    {
        string[] parts = word.Split('=', 2);
        string key = parts[0].TrimStart('-'), values = parts.Length == 1 ? "" : parts[1];
        return new(key == "content-layer" ? "content-layers" : key, values.Split(values.Contains(';') ? ';' : ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    public override string ToString() => $"{Key}={(Values.Any(v => v.Contains(',')) ? string.Concat(Values.Select(v => v + ';')) : string.Join(',', Values))}";
}
