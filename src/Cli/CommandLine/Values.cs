using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Cli;

/// <summary>Options whose values are checked while the command line is parsed; a wrong one is a message that names the option.</summary>
internal static class Values
{
    /// <summary>A whole number in a range.</summary>
    public static Option<int?> Whole(string name, string description, int least, int most = int.MaxValue) => Parsed<int?>(name, "N", description, text =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new FormatException(most == int.MaxValue ? $"a whole number, {least} or more" : $"a whole number from {least} to {most}"), JsonForm.Whole(least, most));

    /// <summary>A number that is 0 or more.</summary>
    public static Option<double?> Number(string name, string description) => Parsed<double?>(name, "X", description, text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value >= 0
            ? value
            : throw new FormatException("a number, 0 or more"), JsonForm.Number(zero: true));

    /// <summary>A number above 0.</summary>
    public static Option<double?> Positive(string name, string description, int? most = null) => Parsed<double?>(name, "X", description, text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value > 0 && value <= (most ?? value)
            ? value
            : throw new FormatException($"a number above 0{(most is { } m ? $" and up to {m}" : "")}"), JsonForm.Number(zero: false, most));

    /// <summary>A share from 0 to below 1.</summary>
    public static Option<double?> Share(string name, string description) => Parsed<double?>(name, "X", description, text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and < 1
            ? value
            : throw new FormatException("a number from 0 to below 1, such as 0.99"), JsonForm.Number(zero: true));

    /// <summary>A share that may be all.</summary>
    public static Option<double?> Fraction(string name, string description) => Parsed<double?>(name, "X", description, text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1
            ? value
            : throw new FormatException("a number from 0 to 1, such as 0.75"), JsonForm.Number(zero: true));

    /// <summary>A number from 0 to 100.</summary>
    public static Option<double?> Dial(string name, string description) => Parsed<double?>(name, "X", description, text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 100
            ? value
            : throw new FormatException("a number from 0 to 100"), JsonForm.Number(zero: true, most: 100));

    /// <summary>A percentage above 0 and below 100, as a share.</summary>
    public static Option<double?> Percent(string name, string description) => Parsed<double?>(name, "X%", description, text =>
        text.EndsWith('%') && double.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 100
            ? value / 100
            : throw new FormatException("a percentage above 0 and below 100, such as 0.1%"), JsonForm.Pattern(@"^[0-9.]+%$"));

    /// <summary>Numbers with commas between, above 0 or, if <paramref name="zero"/>, 0 too.</summary>
    public static Option<double[]?> Numbers(string name, string description, bool zero = false) => Parsed<double[]?>(name, "X,...", description, text =>
        [.. text.Split(',', StringSplitOptions.TrimEntries).Select(word => double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && (value > 0 || (zero && value == 0))
            ? value
            : throw new FormatException($"numbers{(zero ? ", 0 or more," : " above 0")} with commas between, such as 0.7,0.3"))], JsonForm.List(JsonForm.Number(zero)));

    /// <summary>A whole number in a range, or auto, which is 0.</summary>
    public static Option<int?> Automatic(string name, string description, int least, int most) => Parsed<int?>(name, "N|auto", description, text =>
        text == "auto" ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most ? value
        : throw new FormatException($"auto or a whole number from {least} to {most}"), JsonForm.Automatic(least, most));

    /// <summary>One of a few words.</summary>
    public static Option<string?> Choice(string name, string description, params string[] words) => Named(name, string.Join('|', words), description, words);

    /// <summary>One of many words, which the description lists.</summary>
    public static Option<string?> Named(string name, string placeholder, string description, params string[] words) => Parsed<string?>(name, placeholder, description, text =>
        words.Contains(text) ? text : throw new FormatException($"one of {string.Join(", ", words)}"), JsonForm.Choice(words));

    /// <summary>How the network pools.</summary>
    public static Option<PoolingKind?> Pooling(string description) => Parsed<PoolingKind?>("--pooling", "average|max", description, text => text switch
    {
        "average" => PoolingKind.Average,
        "max" => PoolingKind.Max,
        _ => throw new FormatException("one of average, max"),
    }, JsonForm.Choice("average", "max"));

    /// <summary>What to multiply in.</summary>
    public static Option<Precision?> Precision(string description) => Parsed<Precision?>("--precision", "auto|fp32|tf32|fp16", description, text => text switch
    {
        "auto" => Kernels.Precision.Auto,
        "fp32" => Kernels.Precision.Fp32,
        "tf32" => Kernels.Precision.Tf32,
        "fp16" => Kernels.Precision.Fp16,
        _ => throw new FormatException("one of auto, fp32, tf32, fp16"),
    }, JsonForm.Choice("auto", "fp32", "tf32", "fp16"));

    /// <summary>Any text.</summary>
    public static Option<string?> Text(string name, string placeholder, string description) => Parsed<string?>(name, placeholder, description, text => text);

    /// <summary>Bytes, such as 4GB or 512MB.</summary>
    public static Option<long?> Bytes(string name, string description) => Parsed<long?>(name, "4GB", description, text =>
    {
        var parts = Regex.Match(text, @"^([\d.]+)([KMG])i?B?$", RegexOptions.IgnoreCase);
        long unit = parts.Groups[2].Value.ToUpperInvariant() switch { "G" => 1L << 30, "M" => 1L << 20, _ => 1L << 10 };
        return double.TryParse(parts.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 && value * unit < long.MaxValue
            ? (long)(value * unit)
            : throw new FormatException("an amount of memory such as 4GB or 512MB");
    }, JsonForm.Pattern("^[0-9.]+[KkMmGg]i?[Bb]?$"));

    /// <summary>Layers with optional weights, such as relu1_1:0.5,relu2_1; a layer without a weight has none yet (NaN).</summary>
    public static Option<LayerWeight[]?> Layers(string name, string description) => Parsed<LayerWeight[]?>(name, "LAYER[:w],...", description, text =>
        Once([.. text.Split(',', StringSplitOptions.TrimEntries).Select(Weighted)]), JsonForm.List(JsonForm.Pattern("^relu[1-5]_[1-4](:[0-9.eE+-]+)?(,.*)?$")));

    /// <summary>The name of one layer.</summary>
    public static Option<string?> Layer(string name, string description) => Parsed<string?>(name, "LAYER", description, text =>
        IsLayer(text) ? text : throw new FormatException($"one of {LayerNames}"), JsonForm.Choice(Vgg19.Layers.Select(l => l.Relu)));

    /// <summary>Whether the result is printed as JSON.</summary>
    public static Option<bool> Json(string description = "print one JSON object") => new("--json") { Description = description };

    /// <summary>Width and height, such as 640x480, or one number for both.</summary>
    public static Option<(int Width, int Height)?> Size(string name, string description) => Parsed<(int, int)?>(name, "WxH", description, text =>
    {
        var sides = text.Split('x').Select(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0 ? n : throw new FormatException("a size such as 640x480 or 512")).ToArray();
        return sides.Length is 1 or 2 ? (sides[0], sides[^1]) : throw new FormatException("a size such as 640x480 or 512");
    }, JsonForm.Pattern("^[0-9]+(x[0-9]+)?$", number: true));

    static LayerWeight Weighted(string text)
    {
        string[] parts = text.Split(':');
        double weight = double.NaN;
        bool valid = parts.Length == 1 || (parts.Length == 2 && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out weight) && double.IsFinite(weight) && weight >= 0);
        if (!valid) throw new FormatException("a list of layers with optional weights of 0 or more such as relu1_1:0.5,relu2_1");
        return IsLayer(parts[0]) ? new(parts[0], weight) : throw new FormatException($"a list of layers out of {LayerNames}");
    }

    static LayerWeight[] Once(LayerWeight[] layers) => layers.GroupBy(l => l.Layer).FirstOrDefault(g => g.Count() > 1) is { } twice
        ? throw new FormatException($"each layer once; {twice.Key} counts double as {twice.Key}:2 beside layers of weight 1")
        : layers;

    static bool IsLayer(string name) => Vgg19.Layers.Any(l => l.Relu == name);

    static string LayerNames => string.Join(", ", Vgg19.Layers.Select(l => l.Relu));

    static Option<T> Parsed<T>(string name, string placeholder, string description, Func<string, T> parse, JsonForm? form = null)
    {
        T Parse(ArgumentResult result)
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            try
            {
                return parse(text);
            }
            catch (FormatException e)
            {
                result.AddError($"{name} '{text}' is wrong; it takes {e.Message}.");
                return default!;
            }
        }
        return new ValueOption<T>(name, form ?? JsonForm.Of(typeof(T))) { Description = description, HelpName = placeholder, CustomParser = Parse, Arity = ArgumentArity.ExactlyOne };
    }
}
