using System.Text.Json;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Golden;

/// <summary>One set of golden values: pictures, and what an independent float64 implementation computes from them.</summary>
internal sealed class GoldenCase
{
    readonly JsonElement values;
    readonly Func<string, (float[] Values, Shape Shape)> tensor;

    public GoldenCase(string name, VggWeights weights, JsonElement values, Func<string, (float[], Shape)> tensor)
    {
        (Name, Weights, this.values, this.tensor) = (name, weights, values, tensor);
        Preset = Presets.Find(name.StartsWith("gatys", StringComparison.Ordinal) ? "gatys2016" : "neural-style");
    }

    public string Name { get; }
    public Preset Preset { get; }
    public VggWeights Weights { get; }
    public double Total => values.GetProperty("total").GetDouble();
    public double Content => values.GetProperty("contentLoss").GetDouble();
    public double[] Style => Numbers("styleLosses");
    public double[] ReluMeans => Numbers("reluMean");
    public double[] ReluNorms => Numbers("reluL2");
    public double[] Lbfgs => Numbers("lbfgs");
    public double[] Adam => Numbers("adam_lr10");
    public float[] Gradient => tensor("gradient_rgb").Values;

    /// <summary>The preset's objective, without TV as in the golden values.</summary>
    public ObjectiveSettings Settings => Preset.Objective with { TvWeight = 0 };

    public Tensor Picture(Device device, string name)
    {
        var (data, shape) = tensor(name);
        return device.Allocate(shape, data);
    }

    public FeatureNetwork Network(Device device) => new(device, Weights, Settings.Pooling, Settings.Deepest(), Settings.PixelScale);

    double[] Numbers(string name) => [.. values.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];
}
