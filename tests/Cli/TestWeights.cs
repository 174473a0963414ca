using GpuStyle.Tests.Golden;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Cli;

/// <summary>Weight files for the program, written once and removed when the tests end.</summary>
static class TestWeights
{
    static readonly Lazy<DirectoryInfo> Folder = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("gpustyle-cli-weights-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        return folder;
    });

    static readonly Lazy<string> ToConv2 = new(() => Save("shallow.safetensors", 3, 1)), ToConv5 = new(() => Save("deep.safetensors", 14, 1)), Too = new(() => Save("overflowing.safetensors", 3, 1e14f));

    /// <summary>The formula's weights up to conv2_1: small and fast.</summary>
    public static string Shallow => ToConv2.Value;

    /// <summary>Up to conv5_2, as the presets need.</summary>
    public static string Deep => ToConv5.Value;

    /// <summary>Finite weights so large that no loss is.</summary>
    public static string Overflowing => Too.Value;

    /// <summary>Writes the first layers to a file of the test's own.</summary>
    public static string Write(string path, Func<ConvolutionWeights, ConvolutionWeights> change)
    {
        var shallow = OwnGolden.Weights;
        WeightFile.Save(path, shallow with { Layers = [.. shallow.Layers.Take(3).Select(change)] });
        return path;
    }

    static string Save(string name, int layers, float scale)
    {
        string path = Path.Combine(Folder.Value.FullName, name);
        var weights = OwnGolden.Weights;
        WeightFile.Save(path, weights with { Layers = [.. weights.Layers.Take(layers).Select(l => l with { Kernel = Array.ConvertAll(l.Kernel, v => v * scale) })] });
        return path;
    }
}
