using System.Text.Json;
using GpuStyle.Kernels;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Golden;

/// <summary>The golden values that were made with the real VGG-19 weights; tests that want them skip where they are absent.</summary>
internal static class GoldenFiles
{
    static readonly Lazy<VggWeights> Weights = new(() => WeightFile.Load(SharedFiles.Require("weights/vgg19-caffe.safetensors")));

    public static GoldenCase Require(string name)
    {
        string json = SharedFiles.Require($"golden/{name}.json"), tensors = SharedFiles.Require($"golden/{name}.safetensors");
        SharedFiles.Require("weights/vgg19-caffe.safetensors");
        var values = JsonDocument.Parse(File.ReadAllText(json)).RootElement;
        return new(name, Weights.Value, values, tensor =>
        {
            using var file = SafetensorsFile.Open(tensors);
            var shape = file.Tensors.Single(t => t.Name == tensor).Shape;
            return (file.ReadFloat32(tensor), new Shape((int)shape[^3], (int)shape[^2], (int)shape[^1]));
        });
    }
}
