using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.VggTensorSamples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>VGG-19 under the names of every program that writes it, whole and cut, with anything before the names.</summary>
public sealed class NameTests
{
    static readonly int[] Padded = [2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42, 45, 48, 51];

    static readonly Dictionary<string, NamedNetwork> Networks = new()
    {
        ["canonical"] = new(i => $"{Canonical(i)}.weight", i => $"{Canonical(i)}.bias") { BiasShape = n => [1, 1, 1, n] },
        ["caffe2's ONNX"] = new(i => $"{Canonical(i)}_w_0", i => $"{Canonical(i)}_b_0"),
        ["MXNet's conversion of Caffe's"] = new(i => $"arg:{Canonical(i)}_weight", i => $"arg:{Canonical(i)}_bias"),
        ["checkpoint"] = new(i => $"state_dict.module.{Torch(i)}.weight", i => $"state_dict.module.{Torch(i)}.bias"),
        ["torchvision"] = new(i => $"{Torch(i)}.weight", i => $"{Torch(i)}.bias"),
        ["inside another model"] = new(i => $"net.vgg.{Torch(i)}.weight", i => $"net.vgg.{Torch(i)}.bias"),
        ["a bare sequence"] = new(i => $"{Torch(i)["features.".Length..]}.weight", i => $"{Torch(i)["features.".Length..]}.bias"),
        ["encoder"] = new(i => $"encoder.{Padded[i]}.weight", i => $"encoder.{Padded[i]}.bias"),
        ["Keras 1"] = new(i => $"{Keras(i)}/{Keras(i)}_W_1:0", i => $"{Keras(i)}/{Keras(i)}_b_1:0", true),
        ["Keras 2"] = new(i => $"{Keras(i)}/{Keras(i)}/kernel:0", i => $"{Keras(i)}/{Keras(i)}/bias:0", true),
        ["Keras 2, a whole model"] = new(i => $"model_weights/{Keras(i)}/{Keras(i)}/kernel:0", i => $"model_weights/{Keras(i)}/{Keras(i)}/bias:0", true),
        ["Keras, nested"] = new(i => $"model_weights/vgg19/{Keras(i)}/kernel:0", i => $"model_weights/vgg19/{Keras(i)}/bias:0", true),
        ["Keras, loaded twice"] = new(i => $"{Keras(i)}_1/kernel:0", i => $"{Keras(i)}_1/bias:0", true),
        ["Keras 3"] = new(i => $"layers/conv2d{(i == 0 ? "" : $"_{i}")}/vars/0", i => $"layers/conv2d{(i == 0 ? "" : $"_{i}")}/vars/1", true),
        ["TensorFlow.js"] = new(i => $"{Keras(i)}/kernel", i => $"{Keras(i)}/bias", true),
        ["MatConvNet, by place"] = new(i => $"layers[{Torch(i)["features.".Length..]}].weights[0]", i => $"layers[{Torch(i)["features.".Length..]}].weights[1]", true) { BiasShape = n => [1, n] },
        ["MatConvNet, older"] = new(i => $"net.layers[{Torch(i)["features.".Length..]}].filters", i => $"net.layers[{Torch(i)["features.".Length..]}].biases", true),
        ["NumPy dictionary"] = new(i => $"{Canonical(i)}.0", i => $"{Canonical(i)}.1", true),
        ["caffe-tensorflow"] = new(i => $"{Canonical(i)}.weights", i => $"{Canonical(i)}.biases", true),
        ["NumPy archive"] = new(i => $"{Canonical(i)}_W", i => $"{Canonical(i)}_b", true),
        ["NumPy archive, out first"] = new(i => $"{Canonical(i)}_W", i => $"{Canonical(i)}_b"),
        ["MXNet"] = new(i => $"vgg0_conv{i}_weight", i => $"vgg0_conv{i}_bias"),
    };

    static string Keras(int layer) => $"block{Canonical(layer)[4]}_conv{Canonical(layer)[6]}";

    public static TheoryData<string> Names => [.. Networks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_network_is_found_whole_and_cut(string names)
    {
        foreach (int layers in new[] { 1, 3, 7 })
            NamedNetwork.Same(NamedNetwork.Expected(layers), WeightFile.Read(Networks[names].File(layers)));
    }

    [Fact]
    public void All_sixteen_layers_have_their_names()
    {
        var expected = NamedNetwork.Expected(16);
        foreach (string names in new[] { "canonical", "checkpoint", "encoder", "Keras 1", "Keras 3", "MatConvNet, by place", "MXNet", "NumPy dictionary" })
            NamedNetwork.Same(expected, WeightFile.Read(Networks[names].File(expected)));
    }

    [Fact]
    public void MatConvNet_s_layers_go_by_their_names_wherever_they_lie()
    {
        var network = new NamedNetwork(i => $"layers[{3 * i + 1}].weights[0]", i => $"layers[{3 * i + 1}].weights[1]", true);
        var file = network.File(4);
        for (int i = 0; i < 4; i++) file.Say($"layers[{3 * i + 1}].name", Canonical(i));
        NamedNetwork.Same(NamedNetwork.Expected(4), WeightFile.Read(file));
    }

    [Fact]
    public void MatConvNet_s_layers_of_other_names_go_by_their_places()
    {
        var file = Networks["MatConvNet, by place"].File(4);
        foreach (int place in new[] { 0, 2, 5, 7 }) file.Say($"layers[{place}].name", $"layer{place}");
        NamedNetwork.Same(NamedNetwork.Expected(4), WeightFile.Read(file));
    }

    [Fact]
    public void Classifiers_and_other_tensors_are_passed_over()
    {
        foreach (string names in new[] { "canonical", "torchvision", "Keras 2, a whole model", "MatConvNet, by place", "MXNet" })
        {
            var file = Networks[names].File(3)
                .Add("classifier.0.weight", [4, 2], new float[8]).Add("classifier.0.bias", [4], new float[4])
                .Add("fc6.weight", [1, 1, 4, 2], new float[8]).Add("fc1/fc1_W_1:0", [4, 2], new float[8])
                .Add("optimizer_weights/Adam/m/block1_conv1/kernel:0", [3, 3, 3, 64], new float[1728])
                .Add("layers[37].weights[0]", [7, 7, 1, 1], new float[49]).Add("vgg0_dense0_weight", [4, 2], new float[8]);
            NamedNetwork.Same(NamedNetwork.Expected(3), WeightFile.Read(file));
        }
    }

    [Fact]
    public void Of_an_encoder_and_a_decoder_the_encoder_is_taken()
    {
        var file = Networks["encoder"].File(3);
        for (int i = 0; i < 3; i++) file.Add($"decoder.{Padded[i]}.weight", [3, 64, 3, 3], new float[1728]).Add($"decoder.{Padded[i]}.bias", [3], new float[3]);
        NamedNetwork.Same(NamedNetwork.Expected(3), WeightFile.Read(file));
    }

    [Fact]
    public void Torch7_s_kernels_may_be_matrices()
    {
        var file = new MemoryTensors();
        var expected = NamedNetwork.Expected(2);
        for (int i = 0; i < 2; i++)
            file.Add($"{Padded[i]}.weight", [64, expected[i].InputChannels * 9], expected[i].Kernel).Add($"{Padded[i]}.bias", [64], expected[i].Bias);
        NamedNetwork.Same(expected, WeightFile.Read(file));
    }
}
