using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>The forecast of a run's memory against what the device counted, and runs made to fit.</summary>
public sealed class MemoryTests : CliTest
{
    [Theory]
    [InlineData(OptimizerKind.Lbfgs, 208, 144, 1, 100, 60, 1, 0)]
    [InlineData(OptimizerKind.Lbfgs, 208, 144, 2, 144, 208, 3, 0)]
    [InlineData(OptimizerKind.Lbfgs, 300, 250, 2, 250, 300, 1, 48)]
    [InlineData(OptimizerKind.Adam, 96, 64, 1, 300, 200, 1, 0)]
    [InlineData(OptimizerKind.Adam, 64, 64, 1, 64, 64, 1, 0)]
    public void Forecast_is_within_a_tenth(OptimizerKind kind, int width, int height, int scales, int styleWidth, int styleHeight, int styles, int blockSize)
    {
        var settings = TransferSettings.Of(Presets.Find("default"));
        settings = settings with { Scales = scales, BlockSize = blockSize, Optimizer = settings.Optimizer with { Kind = kind, Iterations = 2 } };
        using var planned = new SimdDevice(0);
        long forecast = RunPlan.Memory(planned, settings, height, width, [.. Enumerable.Repeat((styleHeight, styleWidth), styles)]).PeakBytes;

        using var device = new SimdDevice(0);
        var style = Source(styleWidth, styleHeight);
        new StyleTransfer(device, OwnGolden.Weights, settings).Run(new(height, width, Source(width, height), [.. Enumerable.Repeat(style, styles)]), cancellation: TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"forecast {forecast}, counted {device.PeakBytes}, {forecast / (double)device.PeakBytes - 1:p1}");
        Assert.InRange(forecast / (double)device.PeakBytes, 0.9, 1.1);
    }

    /// <summary>What weights will take is known without preparing them, on every engine.</summary>
    [Theory]
    [InlineData("cpu", true)]
    [InlineData("cpu", false)]
    [InlineData("ilgpu-cpu", false)]
    public void Weights_take_what_is_forecast(string name, bool exact)
    {
        using var device = Devices.Open(name, exact: exact);
        foreach (var (outputs, inputs) in new[] { (64, 3), (16, 16), (33, 20) })
        {
            long before = device.AllocatedBytes;
            using var filter = device.Convolution.Prepare(outputs, inputs, new float[9 * outputs * inputs], new float[outputs]);
            Assert.Equal(device.AllocatedBytes - before, device.Convolution.StorageBytes(outputs, inputs));
        }
    }

    [Fact]
    public void Plan_forecasts_without_writing()
    {
        string text = Run(["plan", "content.png", "style.png", .. Options("-o", "no.png", "--trace", "no.jsonl")]) is { Code: 0, Error: "" } told ? told.Output : "";
        Assert.Contains("48x36", text);
        Assert.Contains("the most at once", text);
        var plan = JsonDocument.Parse(Run(["plan", "content.png", "style.png", .. Options("--json")]).Output).RootElement;
        Assert.True(plan.GetProperty("peakBytes").GetInt64() > 1_000_000);
        Assert.True(plan.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(48, plan.GetProperty("levels")[0].GetProperty("level").GetProperty("width").GetInt32());
        Assert.Equal(["content.png", "style.png"], folder.Names);
    }

    [Fact]
    public void Max_memory_shortens_the_history()
    {
        PictureFile.Save(folder["content.png"], Patterns.Gradient(256, 192));
        string[] options = ["--size", "256", "--scales", "1", "--history", "100", "--iterations", "100"];
        long needed = JsonDocument.Parse(Run(["plan", "content.png", "style.png", .. Options([.. options, "--json"])]).Output).RootElement.GetProperty("peakBytes").GetInt64();
        // Half the history is about a third of this run.
        var outcome = Run(["plan", "content.png", "style.png", .. Options([.. options, "--max-memory", $"{needed * 2 / 3 / 1024}KB", "--json"])]);
        Assert.Equal(0, outcome.Code);
        string line = Assert.Single(outcome.ErrorLines);
        Assert.Contains("instead of 100, to fit --max-memory", line);
        Assert.InRange(JsonDocument.Parse(outcome.Output).RootElement.GetProperty("peakBytes").GetInt64(), needed / 4, needed * 2 / 3);
    }

    [Fact]
    public void Max_memory_is_kept_by_working_in_blocks()
    {
        PictureFile.Save(folder["content.png"], Patterns.Gradient(600, 450));
        string[] options = ["--size", "600", "--scales", "1", "--optimizer", "adam", "--max-memory", "150MB"];
        var planned = Run(["plan", "content.png", "style.png", .. Options([.. options, "--json"])]);
        Assert.Matches(@"in blocks of \d+ px, to fit --max-memory", Assert.Single(planned.ErrorLines));
        Assert.InRange(JsonDocument.Parse(planned.Output).RootElement.GetProperty("peakBytes").GetInt64(), 10 << 20, 150 << 20);
        var done = Transfer(options);
        Assert.Equal(0, done.Code);
        Assert.Equal((600, 450), PictureFile.ReadSize(folder["out.png"]));
    }

    [Fact]
    public void Max_memory_that_no_history_fits_is_refused() =>
        TransferRefused(["--max-memory", "1MB"], "--max-memory", "even with a history of", "--size");

    [Fact]
    public void More_than_the_machine_has_is_refused_before_it_begins() =>
        Refused(["plan", "content.png", "style.png", .. Options("--size", "50000", "--scales", "1")], "--size", "GB", "smaller");

    static PictureSource Source(int width, int height) => new(height, width, (h, w) => PictureFile.Resize(Patterns.Gradient(width, height), w, h).Rgb);
}
