using GpuStyle.Imaging;

namespace GpuStyle.Tests.Cli;

[Trait("Needs", "processes")]
public sealed class InterruptTests : CliTest
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void The_picture_so_far_is_saved(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        var outcome = Outcome.Of(folder[""], process =>
        {
            Outcome.Await(process, () => TraceLines() > 0);
            Outcome.Signal(process, signal);
        }, Long);
        AssertSaved(outcome);
    }

    [Fact]
    public void A_terminal_that_hangs_up_more_than_once_saves_the_picture()
    {
        // The tests themselves may run with hang-ups ignored.
        Assert.SkipUnless(Tool.Run("env", "--default-signal=HUP", "true").Code == 0, "needs env --default-signal, to have hang-ups not ignored");
        AssertSaved(Outcome.OfShell(folder[""], "exec env --default-signal=HUP \"$@\"", Long, process =>
        {
            Outcome.Await(process, () => TraceLines() > 0);
            for (int i = 0; i < 3; i++) Outcome.Signal(process, "HUP");
        }));
    }

    [Fact]
    public void A_hang_up_that_is_ignored_from_the_start_stays_ignored()
    {
        Assert.SkipUnless(Tool.Run("nohup", "true").Code == 0, "needs nohup");
        AssertSaved(Outcome.OfShell(folder[""], "exec nohup \"$@\"", Long, process =>
        {
            Outcome.Await(process, () => TraceLines() > 0);
            Outcome.Signal(process, "HUP");
            int before = TraceLines();
            // More iterations than the one that an interrupted run still finishes.
            Outcome.Await(process, () => TraceLines() > before + 4);
            Assert.False(process.HasExited);
            Outcome.Signal(process, "TERM");
        }));
    }

    [Fact]
    public void A_terminal_that_is_closed_loses_no_picture()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Tool.Run("python3", "-c", "import pty").Code == 0, "needs python3, to make a terminal");
        const string closes = """
            import os, pty, signal, sys, time
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            child, terminal = pty.fork()
            if child == 0: os.execvp(sys.argv[1], sys.argv[1:])
            os.set_blocking(terminal, False)
            while not (os.path.exists('t.jsonl') and os.path.getsize('t.jsonl')):
                try: os.read(terminal, 1 << 16)
                except BlockingIOError: time.sleep(0.02)
            os.close(terminal)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """;
        File.WriteAllText(folder["closes.py"], closes);
        var outcome = Outcome.OfShell(folder[""], "exec python3 closes.py \"$@\"", Long);
        Assert.Equal((130, "", ""), (outcome.Code, outcome.Output, outcome.Error));
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["out.png"]));
    }

    static string[] Long => ["transfer", "content.png", "style.png", .. Options("--iterations", "1000000", "--trace", "t.jsonl")];

    void AssertSaved(Outcome outcome)
    {
        Assert.True(outcome.Code == 130, $"exit code {outcome.Code}: {outcome.Error}");
        Assert.EndsWith(", interrupted", outcome.Output.TrimEnd());
        Assert.Equal("", outcome.Error);
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["out.png"]));
        Assert.NotEqual(PictureFile.Load(folder["content.png"]).Rgb, PictureFile.Load(folder["out.png"]).Rgb);
        Assert.Equal(["content.png", "out.png", "style.png", "t.jsonl"], folder.Names);
    }
}
