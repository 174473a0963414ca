using GpuStyle.Imaging;

namespace GpuStyle.Tests.Cli;

public sealed class InterruptTests : CliTest
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void The_picture_so_far_is_saved(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        string[] arguments = ["transfer", "content.png", "style.png", .. Options("--iterations", "1000000", "--trace", "t.jsonl")];
        var outcome = Outcome.Of(folder[""], process =>
        {
            Outcome.Await(process, () => TraceLines() > 0);
            Outcome.Signal(process, signal);
        }, arguments);
        Assert.True(outcome.Code == 130, $"exit code {outcome.Code}: {outcome.Error}");
        Assert.EndsWith(", interrupted", outcome.Output.TrimEnd());
        Assert.Equal("", outcome.Error);
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["out.png"]));
        Assert.NotEqual(PictureFile.Load(folder["content.png"]).Rgb, PictureFile.Load(folder["out.png"]).Rgb);
        Assert.Equal(["content.png", "out.png", "style.png", "t.jsonl"], folder.Names);
    }
}
