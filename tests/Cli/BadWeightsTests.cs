using GpuStyle.Tests.WeightsLoader;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Cli;

/// <summary>Weight files that cannot be used: one line, exit code 1, the folder as it was.</summary>
[Trait("Needs", "processes")]
public sealed class BadWeightsTests : CliTest
{
    string Weights => folder["w.safetensors"];

    [Fact]
    public void Missing() => TransferRefused(["--weights", "w.safetensors"], "--weights", "w.safetensors", "name a file");

    [Fact]
    public void Known_but_not_here() => TransferRefused(["--weights", "vgg19-timm"], "--weights", "vgg19-timm", "switched off");

    [Fact]
    public void Lacking_a_tensor()
    {
        SafetensorsFile.Write(Weights, VggTensorSamples.Tensors(VggTensorSamples.Canonical, 3).Where(t => t.Name != "conv1_2.bias"));
        TransferRefused(["--weights", Weights], "w.safetensors", "lacks conv1_2.bias");
    }

    [Fact]
    public void Misshaped()
    {
        SafetensorsFile.Write(Weights, VggTensorSamples.Tensors(VggTensorSamples.Canonical, 3).Select(t => t.Name == "conv1_2.weight" ? t with { Shape = [64, 64, 9, 1] } : t));
        TransferRefused(["--weights", Weights], "w.safetensors", "conv1_2.weight", "64, 64, 3, 3");
    }

    [Fact]
    public void Holding_no_number()
    {
        TestWeights.Write(Weights, l => l.Name == "conv2_1" ? l with { Bias = [.. l.Bias[1..], float.NaN] } : l);
        TransferRefused(["--weights", Weights], "w.safetensors", "NaN", "conv2_1.bias", "get it again");
    }

    [Fact]
    public void Cut_short()
    {
        folder.Holding("w.safetensors", File.ReadAllBytes(TestWeights.Shallow)[..^100]);
        TransferRefused(["--weights", Weights], "w.safetensors", "cut short");
    }

    [Fact]
    public void Something_else()
    {
        File.Copy(folder["style.png"], Weights);
        TransferRefused(["--weights", Weights], "w.safetensors", "a PNG picture", "safetensors");
    }

    [Fact]
    public void Nothing_is_said_of_the_built_in_network_when_the_run_is_refused() =>
        Refused(["plan", "content.png", "style.png", "--device", "cpu", "--size", "20000"], "--size", "GB");

    [Fact]
    public void A_wrong_device_is_named_before_weights_are_looked_for() =>
        Refused(["transfer", "content.png", "style.png", "-o", "out.png", "--device", "tpu"], "tpu");
}
