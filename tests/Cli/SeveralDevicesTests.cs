using System.Globalization;
using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Tests.Imaging;
using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Cli;

/// <summary>Lists of devices on the command line, and where the optimiser's vectors live.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "processes")]
[Collection("OpenCL")]
public sealed class SeveralDevicesTests : CliTest
{
    [Theory]
    [InlineData("cpu,auto", "auto in a list", "use auto alone")]
    [InlineData("cpu,", "empty entry")]
    [InlineData(",cpu", "empty entry")]
    [InlineData("cpu,cpu", "cpu twice", "once")]
    [InlineData("cpu,gpu", "no device 'gpu'", "reference")]
    [InlineData("cpu,cuda:99", "'cuda:99' cannot be used")]
    public void A_wrong_list_is_refused_in_one_line(string devices, params string[] words) => TransferRefused(["--device", devices], words);

    [Fact]
    public void One_OpenCL_device_under_two_names_is_refused()
    {
        NeedOpenCl();
        TransferRefused(["--device", "opencl,opencl:0"], "opencl:0 twice");
    }

    [Theory]
    [InlineData("1", "--shares gives 1 number for 2 devices")]
    [InlineData("1,2,3", "--shares gives 3 numbers for 2 devices")]
    [InlineData("1,0", "--shares '1,0' is wrong", "numbers above 0")]
    [InlineData("1,x", "--shares '1,x' is wrong")]
    public void Wrong_shares_are_refused_in_one_line(string shares, params string[] words) =>
        TransferRefused(["--device", "cpu,reference", "--shares", shares], words);

    [Fact]
    public void A_word_for_the_optimisers_memory_is_checked() => TransferRefused(["--optimizer-memory", "disk"], "--optimizer-memory 'disk'", "auto, device, host");

    /// <summary>The same picture, its settings and shares beside it; from the shares that were measured it can be made again.</summary>
    [Fact]
    public void A_shared_transfer_gives_the_picture_of_one_device()
    {
        Assert.Equal(0, Transfer().Code);
        var alone = PictureFile.Load(folder["out.png"]);
        var shared = Transfer("--device", "cpu,reference", "--shares", "1,1", "--json", "-o", "shared.png");
        Assert.Equal(0, shared.Code);
        Assert.Contains(" + float64 reference", JsonDocument.Parse(shared.Output).RootElement.GetProperty("device").GetString());
        var both = PictureFile.Load(folder["shared.png"]);
        // Eight bits, and rounding between an engine and another.
        Assert.All(alone.Rgb.Zip(both.Rgb), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
    }

    [Fact]
    public void Evaluate_and_plan_take_several_devices()
    {
        double Total(params string[] place) => JsonDocument.Parse(Run([
            "evaluate", "content.png", "--content", "content.png", "--style", "style.png", "--weights", TestWeights.Shallow, "--content-layers", "relu2_1",
            "--style-layers", "relu1_1,relu2_1", "--json", .. place]).Output).RootElement.GetProperty("total").GetDouble();
        Assert.Equal(1, Total("--device", "cpu,reference", "--shares", "1,1") / Total("--device", "cpu"), 1e-5);
        var plan = JsonDocument.Parse(Run(["plan", "content.png", "style.png", .. Options("--device", "cpu,reference", "--shares", "1,1", "--json")]).Output).RootElement;
        Assert.Equal([1, 1], plan.GetProperty("shares").EnumerateArray().Select(s => s.GetDouble()));
        var devices = plan.GetProperty("devices").EnumerateArray().ToList();
        Assert.Equal(2, devices.Count);
        Assert.Equal(1, devices.Sum(d => d.GetProperty("levels")[0].GetProperty("share").GetDouble()), 1e-9);
        Assert.All(devices, d => Assert.True(d.GetProperty("peakBytes").GetInt64() > 100_000));
        string text = Run(["plan", "content.png", "style.png", .. Options("--device", "cpu,reference", "--shares", "1,1")]).Output;
        Assert.Contains("float64 reference", text);
        Assert.Contains("share", text);
    }

    /// <summary>Before the history is shortened its vectors go to the host, unless they must stay.</summary>
    [Fact]
    public void A_device_short_of_memory_leaves_the_vectors_to_the_host()
    {
        NeedOpenCl();
        PictureFile.Save(folder["content.png"], Patterns.Gradient(256, 192));
        string[] options = ["--device", "opencl", "--size", "256", "--scales", "1", "--history", "100", "--history-precision", "fp32", "--iterations", "100"];
        JsonElement Plan(params string[] more) => JsonDocument.Parse(Run(["plan", "content.png", "style.png", .. Options([.. options, "--json", .. more])]).Output).RootElement;
        var whole = Plan();
        Assert.Equal("device", whole.GetProperty("optimizerMemory").GetString());
        // Half the history is more than a third of this run.
        string limit = $"{whole.GetProperty("peakBytes").GetInt64() * 2 / 3 / 1024}KB";
        var moved = Plan("--max-memory", limit);
        Assert.Equal("host", moved.GetProperty("optimizerMemory").GetString());
        Assert.Equal(100, moved.GetProperty("history").GetInt32());
        Assert.InRange(moved.GetProperty("devices")[0].GetProperty("peakBytes").GetInt64(), 0, long.Parse(limit[..^2], CultureInfo.InvariantCulture) * 1024);
        var kept = Plan("--max-memory", limit, "--optimizer-memory", "device");
        Assert.Equal("device", kept.GetProperty("optimizerMemory").GetString());
        Assert.InRange(kept.GetProperty("history").GetInt32(), 4, 99);
    }

    [Fact]
    public void A_transfer_with_the_vectors_on_the_host_gives_the_same_picture()
    {
        NeedOpenCl();
        Assert.Equal(0, Transfer("--device", "opencl").Code);
        Assert.Equal(0, Transfer("--device", "opencl", "--optimizer-memory", "host", "-o", "host.png").Code);
        Assert.All(PictureFile.Load(folder["out.png"]).Rgb.Zip(PictureFile.Load(folder["host.png"]).Rgb), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
    }

    static void NeedOpenCl() => Assert.SkipWhen(Devices.Find().All(d => d.Kind != DeviceKind.OpenCl || d.Refusal is not null), OpenClOperationTests.Absent);
}
