using System.Text.Json;
using GpuStyle.Tests.Support;
using GpuStyle.Tests.WeightsLoader;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Cli;

/// <summary><c>weights</c> and <c>--normalise</c>, through the program.</summary>
[Trait("Needs", "real files")]
[Trait("Needs", "processes")]
public sealed class WeightsTests : CliTest
{
    static JsonElement Parsed(Outcome outcome) => JsonDocument.Parse(outcome.Output).RootElement;

    [Fact]
    public void Known_files_are_listed_in_a_table()
    {
        var text = Run("weights", "list");
        Assert.Equal((0, ""), (text.Code, text.Error));
        Assert.Contains(folder["cache"], text.Output);
        string[] lines = text.Output.Split('\n');
        foreach (var known in KnownWeights.All)
        {
            string line = Assert.Single(lines, l => l.StartsWith(known.Name + " ", StringComparison.Ordinal));
            Assert.Contains(known.Publisher, line);
            Assert.Contains(known.Licence, line);
            Assert.InRange(line.Length, 60, 140);
        }
        Assert.Contains("the default", Assert.Single(lines, l => l.StartsWith(KnownWeights.Default.Name + " ", StringComparison.Ordinal)));
        var rows = Parsed(Run("weights", "list", "--json")).EnumerateArray().ToList();
        Assert.Equal(KnownWeights.All.Select(k => k.Name), rows.Select(r => r.GetProperty("name").GetString()));
        Assert.Equal(KnownWeights.Default.Name, Assert.Single(rows, r => r.GetProperty("isDefault").GetBoolean()).GetProperty("name").GetString());
    }

    [Fact]
    public void One_known_file_is_told_whole()
    {
        var known = KnownWeights.Find("vgg19-keras")!;
        string text = Run("weights", "list", "VGG19-Keras").Output;
        foreach (string word in new[] { known.FileName, known.Addresses[0].ToString(), "80,134,624", known.Hash!.Hex, known.Licence }) Assert.Contains(word, text);
        Refused(["weights", "list", "vgg20"], "vgg20", "vgg19-keras");
    }

    [Fact]
    public void A_file_from_this_machine_must_be_the_known_one()
    {
        Refused(["weights", "get", "vgg19-torchvision", "--from", "style.png"], "style.png", "is not vgg19-torchvision", "574673361");
        Refused(["weights", "get", "vgg19-gatys", "--from", "style.png"], "no hash of vgg19-gatys");
        Refused(["weights", "get", "vgg19-jcjohnson", "--from", "style.png"], "style.png", "instead of SHA-256 d01eb7cb...");
        Refused(["weights", "get", "vgg19-torchvision", "--from", "none.pth"], "none.pth", "does not exist");
    }

    [Fact]
    public void Half_precision_is_written_and_runs()
    {
        Assert.Contains("conv1_1 to conv2_1", Run("weights", "convert", TestWeights.Shallow, "-o", "half.safetensors", "--half").Line());
        Assert.InRange(new FileInfo(folder["half.safetensors"]).Length, 0, new FileInfo(TestWeights.Shallow).Length / 2 + 1000);
        Transfer("--weights", "half.safetensors").Line();
        TestWeights.Write(folder["large.safetensors"], l => l with { Bias = [.. l.Bias[1..], 70000] });
        Refused(["weights", "convert", "large.safetensors", "-o", "no.safetensors", "--half"], "no.safetensors", "conv1_1.bias", "65504");
    }

    [Fact]
    public void The_input_can_be_told()
    {
        VggTensorSamples.Write(folder["torch.safetensors"], VggTensorSamples.Torch, 3);
        Assert.Contains("RGB, mean 123.675", Run("weights", "convert", "torch.safetensors", "-o", "a.safetensors").Line());
        Assert.Contains("BGR, mean 103.939 116.779 123.68", Run("weights", "convert", "torch.safetensors", "-o", "b.safetensors", "--input", "caffe").Line());
        var found = Parsed(Run("weights", "inspect", "torch.safetensors", "--json"));
        Assert.Equal("rgb", found.GetProperty("input").GetProperty("order").GetString());
        Assert.Contains("torchvision", found.GetProperty("inputReason").GetString());
        Assert.Equal(["conv1_1", "conv1_2", "conv2_1"], found.GetProperty("layers").EnumerateArray().Select(l => l.GetString()));
        Assert.Equal("conv2_2.weight", found.GetProperty("missingForConv5_1")[0].GetString());
        string text = Run("weights", "inspect", "b.safetensors").Output;
        foreach (string word in new[] { "3 of 16 convolutions: conv1_1 to conv2_1", "BGR", "metadata", "missing  conv2_2, conv3_1" }) Assert.Contains(word, text);
        Refused(["weights", "convert", "torch.safetensors", "-o", "c.safetensors", "--input", "grey"], "--input 'grey'", "caffe, caffe-rgb, torchvision");
    }

    [Fact]
    public void Weights_are_normalised_over_pictures()
    {
        Run("weights", "convert", TestWeights.Shallow, "-o", "n.safetensors", "--normalise", "content.png", "style.png", "--device", "cpu").Line();
        var (plain, normalised) = (WeightFile.Load(TestWeights.Shallow), WeightFile.Load(folder["n.safetensors"]));
        Assert.Equal(plain.Layers.Select(l => l.Name), normalised.Layers.Select(l => l.Name));
        Assert.NotEqual(plain.Layers[0].Kernel, normalised.Layers[0].Kernel);
        Assert.Contains("normalised over content.png, style.png", Run("weights", "inspect", "n.safetensors").Output);
        Refused(["weights", "convert", TestWeights.Shallow, "-o", "m.safetensors", "--normalise", "none.png"], "none.png");
        Refused(["weights", "convert", TestWeights.Shallow, "-o", "m.safetensors", "--size", "64"], "--size", "--normalise IMAGE");
        Refused(["weights", "convert", TestWeights.Shallow, "-o", "style.png", "--normalise", "style.png"], "-o style.png would overwrite style.png");
        Refused(["weights", "convert", "n.safetensors", "-o", "./n.safetensors"], "would overwrite n.safetensors");
        Refused(["weights", "convert", TestWeights.Shallow, "-o", "m.safetensors", "--normalise"], "--normalise lacks its value");
        // A normalised run measures over the same pictures at the same size, so weights that are normalised over them already change nothing:
        // losses agree up to float32 rounding of the scaled weights.
        double Total(params string[] more) => Parsed(Run(["evaluate", "content.png", "--content", "content.png", "--style", "style.png", "--preset", "gram", "--size", "48", "--device", "cpu",
            "--content-layers", "relu2_1", "--style-layers", "relu1_1,relu2_1", "--json", .. more])).GetProperty("total").GetDouble();
        Run("weights", "convert", TestWeights.Shallow, "-o", "n.safetensors", "--normalise", "content.png", "style.png", "--size", "48", "--device", "cpu").Line();
        double run = Total("--weights", TestWeights.Shallow, "--normalise"), file = Total("--weights", "n.safetensors"), without = Total("--weights", TestWeights.Shallow);
        Assert.Equal(file, run, 1e-4 * file);
        Assert.NotEqual(without, run, 0.1 * without);
    }

    /// <summary>A pickle as Gatys' network was published for PyTorch: its preprocessing convolution becomes the input.</summary>
    [Fact]
    public void A_real_encoder_is_inspected_converted_and_used()
    {
        string encoder = SharedFiles.Require("weights/vgg_normalised_conv3_1.pth");
        string text = Run("weights", "inspect", encoder).Output;
        foreach (string word in new[] { "PyTorch", "AdaIN", "5 of 16 convolutions: conv1_1 to conv3_1", "'0.weight' makes it", "missing  conv3_2, conv3_3" }) Assert.Contains(word, text);
        Assert.Contains("input BGR, mean 103.939 116.779 123.68, scale 1 1 1", Run("weights", "convert", encoder, "-o", "e.safetensors").Line());
        Transfer("--weights", "e.safetensors", "-o", "a.png").Line();
        Transfer("--weights", encoder, "-o", "b.png").Line();
        Assert.Equal(GpuStyle.Imaging.PictureFile.Load(folder["a.png"], new()).Rgb, GpuStyle.Imaging.PictureFile.Load(folder["b.png"], new()).Rgb);
        Refused(["weights", "convert", SharedFiles.Require("samples/cifar10_quick_iter_5000_v1.caffemodel"), "-o", "no.safetensors"], "is not VGG-19: it has 'conv1.weight' [32, 3, 5, 5]");
        Refused(["weights", "convert", SharedFiles.Require("weights/vgg_conv.truncated.pth"), "-o", "no.safetensors"], "vgg_conv.truncated.pth is cut short");
    }

    [Fact]
    public void A_transfer_can_be_normalised()
    {
        Transfer("--normalise").Line();
        Assert.Contains("normalised over the run's pictures", GpuStyle.Imaging.PictureFile.ReadSettings(folder["out.png"]));
        Run(["texture", "style.png", .. Options("--normalise").Except(["--content-layers", "relu2_1"])]).Line();
        Assert.Equal(0, Run(["plan", "content.png", "style.png", .. Options("--normalise")]).Code);
    }
}
