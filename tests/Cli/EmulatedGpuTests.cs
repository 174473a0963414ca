using System.Globalization;
using System.Text.Json;
using GpuStyle.CudaEmulator;
using GpuStyle.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>The whole program, in a process of its own, where the CUDA driver is the emulated one.</summary>
[Trait("Needs", "CUDA")]
[Trait("Needs", "processes")]
public sealed class EmulatedGpuTests : CliTest
{
    public EmulatedGpuTests() =>
        Assert.SkipWhen(!EmulatedCuda.Installed, "This machine has a GPU, or libraries that the emulator does not write.");

    [Fact]
    public void The_GPU_is_listed_with_its_memory()
    {
        var listed = OnGpu("devices");
        Assert.Equal(0, listed.Code);
        Assert.Matches(@"(?m)^cuda:0 +8\.\d+ GB  Emulated GPU$", listed.Output);
        Assert.Contains("CUDA is experimental", listed.Output);
    }

    /// <summary>
    /// TF32 rounds operands to 11 bits, so that after two iterations no pixel is off by more than a few levels. The iterations move pixels by
    /// far more: by the photograph alone the test would fail.
    /// </summary>
    [Fact]
    public void A_transfer_is_that_of_the_processor()
    {
        string[] options = Options("--device", "auto", "--size", "64", "-o", "gpu.png", "--json");
        var onGpu = OnGpu(["transfer", "content.png", "style.png", .. options]);
        Assert.True(onGpu.Code == 0, onGpu.Error);
        Assert.Contains("Emulated GPU", onGpu.Output);
        Assert.Equal(0, Transfer("--size", "64", "-o", "cpu.png").Code);
        Picture gpu = PictureFile.Load(folder["gpu.png"]), cpu = PictureFile.Load(folder["cpu.png"]);
        var photograph = PictureFile.Load(folder["content.png"], new() { Size = 64 });
        Assert.InRange(cpu.Rgb.Zip(photograph.Rgb, (a, b) => (double)Math.Abs(a - b)).Average(), 3, 255);
        Assert.Equal((cpu.Width, cpu.Height), (gpu.Width, gpu.Height));
        Assert.InRange(gpu.Rgb.Zip(cpu.Rgb, (a, b) => Math.Abs(a - b)).Max(), 0, 3);
        Assert.InRange(gpu.Rgb.Zip(cpu.Rgb, (a, b) => (double)Math.Abs(a - b)).Average(), 0, 0.3);
    }

    [Fact]
    public void A_plan_is_made_for_it()
    {
        var plan = OnGpu(["plan", "content.png", "style.png", .. Options("--device", "cuda").Where(o => o is not ("-o" or "out.png"))]);
        Assert.True(plan.Code == 0, plan.Error);
        Assert.Contains("Emulated GPU", plan.Output);
    }

    [Fact]
    public void A_benchmark_runs_and_says_that_it_has_a_graph()
    {
        var bench = OnGpu("bench", "--size", "16", "--evaluations", "1", "--device", "cuda", "--weights", "built-in", "--json");
        Assert.True(bench.Code == 0, bench.Error);
        using var json = JsonDocument.Parse(bench.Output);
        Assert.True(json.RootElement.GetProperty("graph").GetBoolean());
    }

    /// <summary>One line on standard error, and a picture.</summary>
    [Fact]
    public void A_run_whose_GPU_is_lost_goes_on_on_the_processor()
    {
        const int LostAt = 150;
        var run = OnGpu(LostAt, ["transfer", "content.png", "style.png", .. Options("--device", "auto", "--iterations", "4")]);
        Assert.True(run.Code == 0, run.Error);
        Assert.Contains($"Emulated GPU has failed: ", run.Error);
        Assert.Contains($"the device is lost at launch {LostAt}", run.Error);
        Assert.Contains("The run goes on on ", run.Error);
        Assert.Equal(48, PictureFile.Load(folder["out.png"]).Width);
    }

    Outcome OnGpu(params string[] arguments) => OnGpu(0, arguments);

    Outcome OnGpu(int lostAt, string[] arguments) => Outcome.With(
        new Dictionary<string, string>
        {
            ["DOTNET_STARTUP_HOOKS"] = typeof(EmulatedCuda).Assembly.Location,
            ["EMULATED_GPU_LOST_AT"] = lostAt.ToString(CultureInfo.InvariantCulture),
        },
        folder[""], arguments);
}
