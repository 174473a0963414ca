using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>The sizes of a run.</summary>
public sealed class PyramidTests
{
    [Theory]
    [InlineData(384, 512, 0, "128x96:135 256x192:90 512x384:60")]
    [InlineData(192, 255, 0, "255x192:60")]
    [InlineData(33, 600, 0, "600x33:60")]
    [InlineData(75, 101, 2, "50x38:90 101x75:60")]
    [InlineData(384, 512, 1, "512x384:60")]
    public void Levels(int height, int width, int scales, string expected) =>
        Assert.Equal(expected, string.Join(' ', Pyramid.Levels(height, width, scales, 60).Select(l => $"{l.Width}x{l.Height}:{l.Iterations}")));

    [Fact]
    public void Too_many_scales_are_refused() =>
        Assert.Contains("use fewer scales", Assert.Throws<RequestException>(() => Pyramid.Levels(100, 100, 4, 60)).Message);

    /// <summary>SPST-fast: the shorter side is halved to 1023 px or less, iterations fall by thirds to 30, and the history to 10.</summary>
    [Theory]
    [InlineData(700, 1000, "1000x700:600:100")]
    [InlineData(1024, 1500, "750x512:600:100 1500x1024:200:10")]
    [InlineData(4800, 6400, "800x600:600:100 1600x1200:200:10 3200x2400:66:10 6400x4800:30:10")]
    public void Spst_runs_its_own_schedule(int height, int width, string expected)
    {
        var spst = TransferSettings.Of(Presets.Find("spst"));
        var levels = Pyramid.Levels(height, width, spst);
        Assert.Equal(expected, string.Join(' ', levels.Select(l => $"{l.Width}x{l.Height}:{l.Iterations}:{spst.At(l).Optimizer.History}")));
    }

    /// <summary>Strength is halvings, in steps of one at most; small pictures take fewer, large ones more. The pass over the finished picture comes last.</summary>
    [Theory]
    [InlineData(384, 512, 0, 0, "512x384:40")]
    [InlineData(384, 512, 1, 25, "256x192:60 512x384:40 512x384:25 polish")]
    [InlineData(384, 512, 0.5, 0, "362x272:49 512x384:40")]
    [InlineData(384, 512, 1.5, 0, "181x136:73 304x228:54 512x384:40")]
    [InlineData(384, 512, 2, 0, "128x96:90 256x192:60 512x384:40")]
    [InlineData(40, 60, 3, 0, "48x32:46 60x40:40")]
    [InlineData(16, 16, 1, 0, "16x16:40")]
    [InlineData(1536, 2048, 1, 0, "512x384:90 1024x768:60 2048x1536:40")]
    [InlineData(1536, 2048, 0, 0, "1024x768:60 2048x1536:40")]
    public void Strength_is_halvings(int height, int width, double strength, int polish, string expected)
    {
        var paint = TransferSettings.Of(Presets.Find("paint"));
        var settings = paint with { Strength = strength, Polish = polish, Optimizer = paint.Optimizer with { Iterations = 40 } };
        var levels = Pyramid.Levels(height, width, settings);
        Assert.Equal(expected, string.Join(' ', levels.Select(l => $"{l.Width}x{l.Height}:{l.Iterations}{(l.Polish ? " polish" : "")}")));
    }
}
