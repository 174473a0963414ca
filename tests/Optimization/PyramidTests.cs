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
        Assert.Contains("use fewer scales", Assert.Throws<ArgumentException>(() => Pyramid.Levels(100, 100, 4, 60)).Message);
}
