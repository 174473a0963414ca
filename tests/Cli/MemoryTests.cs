using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Forecasts on the command line, and runs made to fit.</summary>
[Trait("Needs", "processes")]
public sealed class MemoryTests : CliTest
{
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
        string[] options = ["--size", "256", "--scales", "1", "--history", "100", "--history-precision", "fp32", "--iterations", "100"];
        long needed = JsonDocument.Parse(Run(["plan", "content.png", "style.png", .. Options([.. options, "--json"])]).Output).RootElement.GetProperty("peakBytes").GetInt64();
        // Half the history is more than a third of this run.
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
}
