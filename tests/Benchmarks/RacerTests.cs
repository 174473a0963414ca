using System.Diagnostics;
using GpuStyle.Benchmarks;

namespace GpuStyle.Tests.Benchmarks;

/// <summary>Programs that run in turns, and what they print.</summary>
[Trait("Takes", "long")]
public sealed class RacerTests
{
    [Theory]
    [InlineData("""{"iteration":3,"scale":1,"total":32.5,"content":0}""", 3, 32.5)]
    [InlineData("3 32.5 1.27", 3, 32.5)]
    [InlineData("12 3.38e10", 12, 3.38e10)]
    public void Totals_are_found(string line, int number, double total) => Assert.Equal((number, total), Racer.Parse(line));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"iteration":3}""")]
    [InlineData("threads 2")]
    [InlineData("out.png: 512x384, 3 iterations")]
    public void Other_lines_are_none(string line) => Assert.Null(Racer.Parse(line));

    /// <summary>A child of the command's that prints every tenth of a second stands still for two seconds, which do not count.</summary>
    [Fact]
    public void Between_its_turns_a_program_stands_still()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Programs are stopped by 'setsid' and 'kill'.");
        const int Lines = 25;
        using Racer racer = new($"sh -c 'i=0; while [ $i -lt {Lines} ]; do i=$((i + 1)); echo $i $((100 - i)); sleep 0.1; done'; exit 0");
        var all = Stopwatch.StartNew();
        while (racer.Totals.Count == 0 && !racer.Ended) racer.Turn(TimeSpan.FromSeconds(0.3));
        // What was printed before the stop may take a moment to come.
        Thread.Sleep(200);
        int there = racer.Totals.Count;
        Assert.InRange(there, 1, Lines - 1);
        Thread.Sleep(2000);
        Assert.Equal(there, racer.Totals.Count);
        while (!racer.Ended) racer.Turn(TimeSpan.FromSeconds(0.2));
        Assert.Equal(Enumerable.Range(1, Lines).Select(i => (i, 100.0 - i)), racer.Totals.Select(t => (t.Number, t.Total)));
        Assert.InRange(racer.Totals[^1].Seconds, 0.1 * (Lines - 2), all.Elapsed.TotalSeconds - 2);
    }

    [Fact]
    public void A_program_that_fails_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Programs are stopped by 'setsid' and 'kill'.");
        using Racer racer = new("exit 3");
        Assert.Contains("'exit 3' failed with exit code 3", Assert.Throws<PeerException>(() => racer.Turn(TimeSpan.FromSeconds(60))).Message, StringComparison.Ordinal);
    }
}
