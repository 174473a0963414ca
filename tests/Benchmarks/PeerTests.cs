using GpuStyle.Benchmarks;

namespace GpuStyle.Tests.Benchmarks;

/// <summary>What the benchmarks make of another program's output.</summary>
public sealed class PeerTests
{
    [Theory]
    [InlineData("""{"peer":"x","width":512,"evaluation_ms_median":1563.4,"evaluation_ms_min":1500.1}""", 1563.4)]
    [InlineData("threads: 2\nms = 12", 12)]
    [InlineData("512x512: 20.5 ms an evaluation (least 19)", 20.5)]
    public void Milliseconds_are_found(string output, double expected) => Assert.Equal(expected, Peer.Find(output));

    [Theory]
    [InlineData("")]
    [InlineData("512 items, 3 forms: 2")]
    [InlineData("ms: none")]
    public void Other_numbers_are_not_taken(string output) => Assert.Null(Peer.Find(output));

    [Fact]
    public void Places_are_filled_in()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no shell.");
        Assert.Equal(3016, new Peer("echo ms={height}{width}").Milliseconds(16, 30, 1, 1));
    }

    [Fact]
    public void A_failure_is_reported()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no shell.");
        Assert.Contains("ended with 3", Assert.Throws<PeerException>(() => new Peer("exit 3").Milliseconds(16, 16, 1, 1)).Message, StringComparison.Ordinal);
    }
}
