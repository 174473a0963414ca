using System.Text.Json;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Golden;

/// <summary>
/// The golden values committed here: make_golden.py computes them in float64 with libtorch, from weights and pictures that
/// follow from a formula, which this class repeats.
/// </summary>
internal sealed class OwnGolden
{
    static readonly Lazy<VggWeights> Formula = new(() => MakeWeights(1)), QuarterFormula = new(() => MakeWeights(4));

    readonly JsonElement values;

    public OwnGolden(string preset)
    {
        values = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", preset + ".json"))).RootElement;
        var own = Presets.Find(preset).Objective;
        Settings = own with
        {
            ContentLayers = [.. values.GetProperty("contentLayers").EnumerateArray().Select(l => new LayerWeight(l[0].GetString()!, l[1].GetDouble()))],
            StyleLayers = [.. own.StyleLayers.Take(Style.Length)],
            TvWeight = Number("tvWeight"),
        };
        Picture = new(3, (int)Number("height"), (int)Number("width"));
        StylePicture = new(3, (int)Number("styleHeight"), (int)Number("styleWidth"));
    }

    /// <summary>The network that the golden values are of.</summary>
    public static VggWeights Weights => Formula.Value;

    /// <summary>
    /// The same with a quarter of the channels of each layer, and a sixteenth of the arithmetic: for tests that ask whether one way gives
    /// what another gives.
    /// </summary>
    public static VggWeights Narrow => QuarterFormula.Value;

    public ObjectiveSettings Settings { get; }
    public Shape Picture { get; }
    public Shape StylePicture { get; }
    public double Total => Number("total");
    public double[] Content => Numbers("content");
    public double[] Style => Numbers("style");
    public double[] Lbfgs => Numbers("lbfgsWithoutTv");
    public double Tv => Number("tv");
    public float[] Gradient => Array.ConvertAll(Numbers("gradient"), v => (float)v);

    /// <summary>Blocks of 4 x 4 pixels with a little grain, as the script draws them.</summary>
    public static float[] Pixels(Shape shape, uint stream)
    {
        int rows = shape.Height / 4 + 1, columns = shape.Width / 4 + 1;
        double[] coarse = Uniform(3 * rows * columns, stream), grain = Uniform((int)shape.Count, stream + 1);
        var pixels = new float[shape.Count];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = i % shape.Width, y = i / shape.Width % shape.Height, c = i / shape.Width / shape.Height;
            pixels[i] = (float)Math.Floor(128 + 100 * coarse[(c * rows + y / 4) * columns + x / 4] + 20 * grain[i]);
        }
        return pixels;
    }

    double Number(string name) => values.GetProperty(name).GetDouble();

    double[] Numbers(string name) => [.. values.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    static VggWeights MakeWeights(int divisor)
    {
        var layers = new List<ConvolutionWeights>();
        foreach (var (name, wholeOutputs, wholeInputs) in VggLayers.All.Take(14))
        {
            int outputs = wholeOutputs / divisor, inputs = wholeInputs > 3 ? wholeInputs / divisor : wholeInputs;
            double scale = Math.Pow(2, Math.Round(Math.Log2(Math.Sqrt(6.0 / (9 * inputs)))));
            uint stream = 2 * (uint)layers.Count;
            float[] Scaled(int count, uint s, double factor) => Array.ConvertAll(Uniform(count, s), v => (float)(v * factor));
            layers.Add(new(name, outputs, inputs, Scaled(outputs * inputs * 9, stream, scale), Scaled(outputs, stream + 1, 0.25)));
        }
        return new(layers, InputDescription.Caffe, "the formula's weights");
    }

    static double[] Uniform(int count, uint stream)
    {
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            uint x = unchecked((uint)i + stream * 0x9E3779B1);
            x = unchecked((x ^ (x >> 16)) * 0x85EBCA6B);
            x = unchecked((x ^ (x >> 13)) * 0xC2B2AE35);
            values[i] = ((x ^ (x >> 16)) >> 8) / (double)(1 << 23) - 1;
        }
        return values;
    }
}
