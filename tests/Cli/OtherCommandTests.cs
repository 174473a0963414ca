using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Cli;

/// <summary>Commands that need no picture.</summary>
[Trait("Needs", "processes")]
public sealed class OtherCommandTests : CliTest
{
    [Fact]
    public void Demo_writes_three_pictures_side_by_side()
    {
        string line = Run("demo", "-o", "demo.png", "--iterations", "1", "--device", "cpu", "--weights", TestWeights.Deep).Line();
        Assert.StartsWith("demo.png: content | style | result", line);
        Assert.Equal((3 * 256 + 4 * 8, 192 + 2 * 8), PictureFile.ReadSize(folder["demo.png"]));
        Assert.Contains("\"demo\"", PictureFile.ReadSettings(folder["demo.png"]));
    }

    [Fact]
    public void Bench_prints_what_is_promised()
    {
        var row = JsonDocument.Parse(Run("bench", "--size", "48x32", "--evaluations", "3", "--device", "cpu", "--weights", TestWeights.Deep, "--json").Line()).RootElement;
        foreach (string name in new[] { "evaluation_ms_median", "evaluation_ms_min", "gflops", "peak_mb" }) Assert.True(row.GetProperty(name).GetDouble() > 0, name);
        Assert.True(row.GetProperty("evaluation_ms_min").GetDouble() <= row.GetProperty("evaluation_ms_median").GetDouble());
        Assert.NotEqual("", row.GetProperty("device").GetString());
        Assert.Equal((48, 32), (row.GetProperty("width").GetInt32(), row.GetProperty("height").GetInt32()));
    }

    [Fact]
    public void Version() => Assert.Matches(@"^\d+\.\d+\.\d+", Run("--version").Line());

    [Fact]
    public void Devices_lists_the_cpu()
    {
        Assert.Contains("\ncpu ", "\n" + Run("devices").Output);
        Assert.Contains(JsonDocument.Parse(Run("devices", "--json").Output).RootElement.EnumerateArray(), d => d.GetProperty("id").GetString() == "cpu");
    }

    [Fact]
    public void Weights_are_converted_and_inspected()
    {
        Assert.Contains("conv1_1 to conv2_1", Run("weights", "convert", TestWeights.Shallow, "-o", "w.safetensors").Line());
        Assert.Equal(WeightFile.Load(TestWeights.Shallow).Layers[2].Kernel, WeightFile.Load(folder["w.safetensors"]).Layers[2].Kernel);
        Assert.Contains("conv2_1.weight", Run("weights", "inspect", "w.safetensors").Output);
        var found = JsonDocument.Parse(Run("weights", "inspect", "w.safetensors", "--json").Output).RootElement;
        Assert.Equal(6, found.GetProperty("tensors").GetArrayLength());
    }

    [Fact]
    public void Weights_that_cannot_be_got_offline() => Refused(["weights", "get", "vgg19-timm"], "weights get: vgg19-timm", "switched off");

    [Fact]
    public void Weights_of_no_known_name() => Refused(["weights", "get", "vgg20"], "vgg20", "vgg19-timm");

    [Fact]
    public void Inspecting_what_is_no_weight_file() => Run("weights", "inspect", "none.safetensors").Refused("none.safetensors", "does not exist");

    [Fact]
    public void Converting_into_no_folder() => Refused(["weights", "convert", TestWeights.Shallow, "-o", "none/w.safetensors"], "none/w.safetensors", "folder");

    [Fact]
    public void A_cache_folder_serves()
    {
        Directory.CreateDirectory(folder["cache"]);
        File.Copy(TestWeights.Shallow, Path.Combine(folder["cache"], WeightStore.Own));
        string[] options = [.. Options().Except(["--weights", TestWeights.Shallow])];
        Run(["transfer", "content.png", "style.png", .. options]).Line();
    }
}
