using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>The first layers of a VGG-19 with made-up values.</summary>
static class VggTensorSamples
{
    static readonly int[] TorchPlaces = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];

    public static string Canonical(int layer) => VggLayers.All[layer].Name;

    public static string Torch(int layer) => $"features.{TorchPlaces[layer]}";

    public static List<TensorData> Tensors(Func<int, string> module, int layers)
    {
        var tensors = new List<TensorData>();
        for (int i = 0; i < layers; i++)
        {
            var (_, outputs, inputs) = VggLayers.All[i];
            tensors.Add(new($"{module(i)}.weight", [outputs, inputs, 3, 3], Pattern($"{module(i)}.weight", outputs * inputs * 9)));
            tensors.Add(new($"{module(i)}.bias", [outputs], Pattern($"{module(i)}.bias", outputs)));
        }
        return tensors;
    }

    public static void Write(string path, Func<int, string> module, int layers) => SafetensorsFile.Write(path, Tensors(module, layers));

    public static float[] Pattern(string name, int count)
    {
        var random = new Random(name.Sum(letter => letter));
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
