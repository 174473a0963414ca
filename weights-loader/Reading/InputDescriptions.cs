using System.Globalization;
using System.Text.Json;

namespace GpuStyle.WeightsLoader;

/// <summary>Input descriptions of other trainings than Caffe's, and their form in a file.</summary>
public static class InputDescriptions
{
    /// <summary>The key in a safetensors file's metadata under which <see cref="ToJson"/>'s text lies.</summary>
    public const string MetadataKey = "gpustyle.input";

    /// <summary>
    /// torchvision's training: RGB in 0..1, minus .485 .456 .406, divided by .229 .224 .225; here in units of 0..255.
    /// </summary>
    public static InputDescription Torchvision { get; } = new(ChannelOrder.Rgb,
        [255 * .485, 255 * .456, 255 * .406],
        [1 / (255 * .229), 1 / (255 * .224), 1 / (255 * .225)]);

    /// <summary>The Caffe training with red and blue exchanged, as MatConvNet has it: RGB, 0..255, minus 123.68, 116.779, 103.939.</summary>
    public static InputDescription CaffeRgb { get; } = new(ChannelOrder.Rgb, [.. InputDescription.Caffe.Mean.Reverse()], [1, 1, 1]);

    /// <summary>The descriptions that go by a name: <c>caffe</c>, <c>caffe-rgb</c>, <c>torchvision</c>.</summary>
    public static IReadOnlyDictionary<string, InputDescription> Named { get; } = new Dictionary<string, InputDescription>
    {
        ["caffe"] = InputDescription.Caffe,
        ["caffe-rgb"] = CaffeRgb,
        ["torchvision"] = Torchvision,
    };

    /// <summary>
    /// <c>{"order":"bgr","mean":[103.939,116.779,123.68],"scale":[1,1,1]}</c>: numbers that read back to the same values.
    /// </summary>
    public static string ToJson(InputDescription input)
    {
        ArgumentNullException.ThrowIfNull(input);
        string order = input.Order == ChannelOrder.Rgb ? "rgb" : "bgr";
        return $$"""{"order":"{{order}}","mean":[{{Numbers(input.Mean)}}],"scale":[{{Numbers(input.Scale)}}]}""";
    }

    static string Numbers(IEnumerable<double> values) => string.Join(",", values.Select(v => v.ToString("r", CultureInfo.InvariantCulture)));

    /// <summary>Reads <see cref="ToJson"/>'s form.</summary>
    /// <returns>False when the text is anything else: another order than rgb and bgr, not three finite numbers, a scale of 0.</returns>
    public static bool TryParse(string json, out InputDescription? input)
    {
        input = null;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
            var root = document.RootElement;
            ChannelOrder? order = root.GetProperty("order").GetString() switch
            {
                "rgb" => ChannelOrder.Rgb,
                "bgr" => ChannelOrder.Bgr,
                _ => null,
            };
            double[] mean = Three(root.GetProperty("mean")), scale = Three(root.GetProperty("scale"));
            if (order is null || mean.Length != 3 || scale.Length != 3 || scale.Contains(0) || !mean.Concat(scale).All(double.IsFinite))
                return false;
            input = new InputDescription(order.Value, mean, scale);
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    static double[] Three(JsonElement numbers) => [.. numbers.EnumerateArray().Select(number => number.GetDouble())];
}
