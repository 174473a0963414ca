using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.VggTensorSamples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Files that hold no usable VGG-19: another network, a missing or misshaped tensor, values that are not finite.</summary>
public sealed class WeightFileProblemTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Missing_and_misshaped_tensors_are_named()
    {
        Refused("lacks conv2_1.bias", [.. Tensors(Canonical, 4).Where(t => t.Name != "conv2_1.bias")]);
        Refused("lacks conv1_1.weight", [.. Tensors(Canonical, 4).Where(t => t.Name != "conv1_1.weight")]);
        Refused("it has conv1_2 but lacks conv1_1", [.. Tensors(Canonical, 4).Skip(2)]);
        Refused("it has conv2_2 but lacks conv2_1", [.. Tensors(Canonical, 4).Where(t => !t.Name.StartsWith("conv2_1", StringComparison.Ordinal))]);
        Refused("it has 'conv1_1.weight' [3, 64, 3, 3]", [new("conv1_1.weight", [3, 64, 3, 3], new float[1728]), new("conv1_1.bias", [64], new float[64])]);
        Refused("'features.0.bias' of shape [32, 2] where VGG-19's conv1_1 has 64 values", [new("features.0.weight", [64, 3, 3, 3], new float[1728]), new("features.0.bias", [32, 2], new float[64])]);
        Refused("is not VGG-19: it has 'gradient' [1]", [new("gradient", [1], new float[1])]);
        Refused("holds no tensor at all", []);
    }

    [Fact]
    public void Other_networks_are_not_taken_for_VGG19()
    {
        Refused("lacks the summand of conv1_1's batch normalisation", [.. Tensors(Torch, 1), new("features.1.weight", [64], new float[64])]);
        Refused("is not VGG-19: it has 'features.17.weight' [1, 1, 3, 3]", [.. Tensors(Torch, 7), new("features.17.weight", [1, 1, 3, 3], new float[9])]);
        Refused("is not VGG-19: it has 'conv6_1.weight' [1, 1, 3, 3]", [.. Tensors(Canonical, 1), new("conv6_1.weight", [1, 1, 3, 3], new float[9])]);
    }

    [Theory]
    [InlineData(float.NaN, "NaN", 0)]
    [InlineData(float.PositiveInfinity, "an infinity", 1)]
    [InlineData(float.NegativeInfinity, "an infinity", 36863)]
    public void Values_that_are_not_finite_are_named(float value, string expected, int at)
    {
        var tensors = Tensors(Canonical, 2);
        float[] kernel = tensors[2].Values.ToArray();
        kernel[at] = value;
        tensors[2] = tensors[2] with { Values = kernel };
        Refused($"has {expected} in tensor 'conv1_2.weight' (value {at} of 36864)", tensors);
    }

    [Fact]
    public void Whole_numbers_are_not_weights()
    {
        string path = folder.AddSafetensors("integers",
            """{"conv1_1.weight":{"dtype":"I8","shape":[64,3,3,3],"data_offsets":[0,1728]},"conv1_1.bias":{"dtype":"I8","shape":[64],"data_offsets":[1728,1792]}}""",
            new byte[1792]);
        Problems.Expect(path, "of type I8", () => WeightFile.Load(path));
    }

    void Refused(string expected, List<TensorData> tensors)
    {
        string path = folder["vgg.bin"];
        SafetensorsFile.Write(path, tensors);
        Problems.Expect(path, expected, () => WeightFile.Load(path));
    }
}
