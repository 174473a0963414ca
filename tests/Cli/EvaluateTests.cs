using System.Globalization;
using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Imaging;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Cli;

[Trait("Needs", "real files")]
[Trait("Needs", "processes")]
public sealed class EvaluateTests : CliTest
{
    /// <summary>Winograd's rounding flips a ReLU mask in one of these pictures; where none flips the gradient's error is 2e-6 (docs/decisions/simd-engine.md).</summary>
    [Theory]
    [InlineData("gatys_61x47", 2e-4)]
    [InlineData("gatys_96x72", 1e-3)]
    [InlineData("gatys_96x72", 2e-4, "--exact")]
    [InlineData("neural-style_61x47", 2e-4)]
    [InlineData("neural-style_96x72", 2e-4)]
    public void Golden_pictures_with_the_real_weights(string name, double tolerance, params string[] exact)
    {
        var golden = GoldenFiles.Require(name);
        foreach (string picture in new[] { "content_rgb", "style_rgb", "x_rgb" }) Write(golden, picture);
        string json = Run(["evaluate", "x_rgb.png", "--content", "content_rgb.png", "--style", "style_rgb.png", "--preset", golden.Preset.Name, "--tv-weight", "0",
            "--device", "cpu", "--weights", SharedFiles.Require("weights/vgg19-caffe.safetensors"), "--gradient", "g.safetensors", "--json", .. exact]).Line();
        var losses = JsonDocument.Parse(json).RootElement;
        Close(golden.Total, losses.GetProperty("total").GetDouble());
        Close(golden.Content, losses.GetProperty("content").GetDouble());
        foreach (var (expected, actual) in golden.Style.Zip(losses.GetProperty("style").EnumerateArray().Select(v => v.GetDouble()), (a, b) => (a, b))) Close(expected, actual);

        using var file = SafetensorsFile.Open(folder["g.safetensors"]);
        double error = GoldenTests.RelativeL2(file.ReadFloat32("gradient"), golden.Gradient);
        Assert.True(error <= tolerance, $"gradient: relative L2 error {error}");
    }

    /// <summary>
    /// What a run reports is the loss of what it saves. A file of 16 bits moves a value by half of 1/257 grey level at most; Wasserstein's root of a matrix makes most of it.
    /// </summary>
    [Theory]
    [InlineData("content", "gram", "lbfgs")]
    [InlineData("noise", "gram+moments", "adam")]
    [InlineData("style", "wasserstein", "lbfgs")]
    [InlineData("content", "gram", "lbfgs", "--content-mask", "soft.png")]
    [InlineData("content", "gram", "lbfgs", "--color", "luminance")]
    [InlineData("noise", "gram", "adam", "--color", "luminance", "--color-space", "lab")]
    public void A_saved_picture_has_the_loss_that_its_run_has_reported(string init, string loss, string optimizer, params string[] masks)
    {
        PictureFile.Save(folder["soft.png"], Patterns.Fill(48, 36, (x, _) => (x * 5, x * 5, x * 5)));
        string[] objective = ["--style-loss", loss, .. masks];
        double reported = Total(Transfer(["--init", init, "--optimizer", optimizer, "--bits", "16", "--iterations", "5", "--scales", "1", "--json", "--trace", "t.jsonl", .. objective]).Line(), "losses");
        Assert.Equal(reported, Total(File.ReadLines(folder["t.jsonl"]).Last()));
        Assert.Equal(reported, Total(PictureFile.ReadSettings(folder["out.png"])!, "losses"));
        double evaluated = Total(Run(["evaluate", "out.png", "--content", "content.png", "--style", "style.png", "--style-size", "48", "--json", .. Places, .. objective]).Line());
        Assert.Equal(reported, evaluated, 1e-3 * reported);
    }

    /// <summary>SPST makes a painting smaller until the shorter sides agree, if its own is more than 1.1 times as long; a smaller one stays as it is.</summary>
    [Theory]
    [InlineData(100, 80, "45")]
    [InlineData(60, 40, "54")]
    [InlineData(45, 39, "0")]
    [InlineData(50, 40, "45")]
    public void A_painting_has_the_shorter_side_of_the_picture_in_spst(int width, int height, string size)
    {
        PictureFile.Save(folder["large.png"], Patterns.Fill(width, height, (x, y) => (x * 2, y * 3, (x + y) % 256)));
        string[] evaluate = ["evaluate", "content.png", "--content", "content.png", "--style", "large.png", "--preset", "spst", "--json", "--device", "cpu", "--weights", "built-in"];
        Assert.Equal(Total(Run([.. evaluate, "--style-size", size]).Line()), Total(Run(evaluate).Line()));
        Assert.NotEqual(Total(Run([.. evaluate, "--style-size", "48"]).Line()), Total(Run(evaluate).Line()));
    }

    static double Total(string json, string? of = null)
    {
        var root = JsonDocument.Parse(json).RootElement;
        return (of is null ? root : root.GetProperty(of)).GetProperty("total").GetDouble();
    }

    [Fact]
    public void Losses_for_people_and_as_json_are_the_same()
    {
        string[] arguments = ["evaluate", "content.png", "--content", "content.png", "--style", "style.png", "--style", "content.png", .. Places];
        var text = Run(arguments);
        Assert.Equal((0, ""), (text.Code, text.Error));
        var losses = JsonDocument.Parse(Run([.. arguments, "--json"]).Line()).RootElement;
        Assert.Equal(0, losses.GetProperty("content").GetDouble());
        Assert.Equal(2, losses.GetProperty("style").GetArrayLength());
        Assert.Contains($"total    {losses.GetProperty("total").GetDouble().ToString("g9", CultureInfo.InvariantCulture)}\n", text.Output);
    }

    [Fact]
    public void Scores_say_what_is_the_photograph_and_what_is_not()
    {
        string[] arguments = ["evaluate", "content.png", "--content", "content.png", "--style", "style.png", "--scores", "--device", "cpu",
            "--weights", TestWeights.Deep];
        var text = Run(arguments);
        Assert.Equal((0, ""), (text.Code, text.Error));
        Assert.Contains("content fidelity    1 ", text.Output);
        var scores = JsonDocument.Parse(Run([.. arguments, "--json"]).Line()).RootElement;
        Assert.Equal(1, scores.GetProperty("contentFidelity").GetDouble(), 1e-6);
        Assert.Equal(0, scores.GetProperty("contentDistance").GetDouble());
        Assert.InRange(scores.GetProperty("globalEffects").GetDouble(), 0.01, 0.99);
        Assert.True(scores.GetProperty("finest").GetProperty("busy").GetDouble() > 0);
    }

    [Fact]
    public void Scores_need_a_photograph_and_one_painting()
    {
        Refused(["evaluate", "content.png", "--style", "style.png", "--scores", .. Places], "--scores", "--content");
        string[] both = ["evaluate", "content.png", "--content", "content.png", "--style", "style.png", "--scores"];
        Refused([.. both, "--style", "content.png", .. Places], "--scores", "one --style");
        Refused([.. both, "--gradient", "g.safetensors", .. Places], "--scores", "--gradient");
    }

    [Fact]
    public void Half_an_objective_and_its_gradient()
    {
        Run(["evaluate", "content.png", "--style", "style.png", "--gradient", "g.safetensors", "--json", "--size", "32", .. Places]).Line();
        using var file = SafetensorsFile.Open(folder["g.safetensors"]);
        Assert.Equal([3, 24, 32], Assert.Single(file.Tensors).Shape);
    }

    /// <summary>What a missing photograph would be measured by is not the picture itself.</summary>
    [Theory]
    [InlineData("--style", "style.png")]
    [InlineData("--content", "style.png")]
    public void Pictures_differ_by_relative_weights_of_half_an_objective(string option, string file)
    {
        double Of(string picture) => Total(Run(["evaluate", picture, option, file, "--weigh", "relative", "--size", "32", "--json", .. Places]).Line());
        Assert.True(Math.Abs(Of("content.png") / Of("style.png") - 1) > 0.1, "all pictures have the same loss");
    }

    [Fact]
    public void Blocks_change_nothing()
    {
        string[] arguments = ["evaluate", "content.png", "--content", "style.png", "--style", "style.png", "--json", .. Places];
        var whole = JsonDocument.Parse(Run([.. arguments, "--gradient", "whole.safetensors"]).Line()).RootElement;
        var blocks = JsonDocument.Parse(Run([.. arguments, "--gradient", "blocks.safetensors", "--block-size", "16"]).Line()).RootElement;
        Close(whole.GetProperty("total").GetDouble(), blocks.GetProperty("total").GetDouble());
        using SafetensorsFile one = SafetensorsFile.Open(folder["whole.safetensors"]), many = SafetensorsFile.Open(folder["blocks.safetensors"]);
        Assert.InRange(GoldenTests.RelativeL2(many.ReadFloat32("gradient"), one.ReadFloat32("gradient")), 0, 1e-5);
    }

    [Fact]
    public void Needs_something_to_compare_with() => Refused(["evaluate", "content.png", .. Places], "--content", "--style");

    [Fact]
    public void Gradient_into_no_folder() => Refused(["evaluate", "content.png", "--style", "style.png", "--gradient", "none/g.safetensors", .. Places], "'none/g.safetensors'", "folder");

    static string[] Places => ["--device", "cpu", "--weights", TestWeights.Shallow, "--preset", "gram", "--content-layers", "relu2_1", "--style-layers", "relu1_1,relu2_1"];

    void Write(GoldenCase golden, string name)
    {
        using var device = new ReferenceDevice();
        using var tensor = golden.Picture(device, name);
        PictureFile.Save(folder[$"{name}.png"], new Picture(tensor.Shape.Width, tensor.Shape.Height, device.Download(tensor)));
    }

    static void Close(double expected, double actual) => Assert.True(Math.Abs(actual / expected - 1) <= 1e-5, $"{actual:g9} instead of {expected:g9}");
}
