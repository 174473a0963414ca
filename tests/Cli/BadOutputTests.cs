using GpuStyle.Imaging;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Cli;

/// <summary>Places that cannot be written: known before the run where that is possible, and no result lost where it is not.</summary>
public sealed class BadOutputTests : CliTest
{
    [Theory]
    [InlineData("none/out.png", "no folder", "create it")]
    [InlineData("style.png/out.png", "is a file and no folder", "choose another folder")]
    [InlineData("out.bmp", "extension .bmp is unknown", ".png")]
    [InlineData("out", "no extension", ".png")]
    public void Places(string target, string problem, string advice) => TransferRefused(["-o", target], target, problem, advice);

    [Fact]
    public void A_folder_where_nothing_can_be_made()
    {
        Assert.SkipUnless(Directory.Exists("/proc"), "needs a folder that nobody can write into, such as /proc");
        TransferRefused(["-o", "/proc/out.png"], "/proc/out.png", "choose another folder");
    }

    [Fact]
    public void A_depth_that_the_format_cannot_hold() => TransferRefused(["-o", "out.jpg", "--bits", "16"], "out.jpg", "16 bits", "write .png or .tif");

    [Theory]
    [InlineData("none/t.jsonl")]
    [InlineData("style.png/t.jsonl")]
    public void Trace(string file) => TransferRefused(["--trace", file], $"--trace {file}", "choose a file");

    [Theory]
    [InlineData("out.png", "-o out.png")]
    [InlineData("./style.png", "style.png, which is read")]
    public void Trace_over_another_file(string file, string other) => TransferRefused(["--trace", file], $"--trace {file} would overwrite {other}");

    [Fact]
    public void A_picture_that_is_read_with_a_name_that_the_run_may_give_to_another()
    {
        foreach (string name in new[] { "out-0050.png", "out-last-good.png" }) File.Copy(folder["content.png"], folder[name]);
        TransferRefused(["--init", "out-0050.png", "--save-every", "50"], "-o out.png: out-0050.png, which is read");
        TransferRefused(["--init", "out-last-good.png"], "-o out.png: out-last-good.png, which is read");
        Transfer("--init", "out-0050.png").Line();
    }

    [Fact]
    public void Gradient_over_a_file_that_is_read()
    {
        byte[] before = File.ReadAllBytes(folder["content.png"]);
        Refused(["evaluate", "content.png", "--style", "style.png", "--weights", "built-in", "--gradient", "content.png"], "--gradient content.png would overwrite content.png");
        Assert.Equal(before, File.ReadAllBytes(folder["content.png"]));
    }

    [Fact]
    public void A_failure_before_the_first_iteration_leaves_an_older_trace()
    {
        File.WriteAllText(folder["t.jsonl"], "{}\n");
        TransferRefused(["--trace", "t.jsonl", "--max-memory", "1MB"], "--max-memory");
        TransferRefused(["--trace", "new.jsonl", "--max-memory", "1MB"], "--max-memory");
    }

    [Fact]
    public void Demo() => Refused(["demo", "-o", "none/demo.png"], "none/demo.png", "no folder");

    [Fact]
    public void A_folder_that_vanishes_loses_no_result()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        Directory.CreateDirectory(folder["here"]);
        string[] arguments = ["transfer", "content.png", "style.png", .. Options("-o", "here/out.png", "--iterations", "1000000", "--save-every", "2", "--trace", "t.jsonl")];
        var outcome = Outcome.Of(folder[""], process =>
        {
            Outcome.Await(process, () => File.Exists(folder["here/out-0002.png"]));
            Directory.Move(folder["here"], folder["gone"]);
            int moved = TraceLines();
            Outcome.Await(process, () => TraceLines() > moved + 4);
            Outcome.Signal(process, "INT");
        }, arguments);
        Assert.Equal(2, outcome.Code);
        Assert.Equal(2, outcome.ErrorLines.Length);
        Assert.Contains("--save-every ends", outcome.ErrorLines[0]);
        Assert.Contains("here/out.png", outcome.ErrorLines[1]);
        AssertRescued(outcome.ErrorLines[1]);
    }

    [Fact]
    public void A_file_that_is_spoilt_meanwhile_loses_no_size_that_was_painted()
    {
        var outcome = Outcome.Of(folder[""], process =>
        {
            Outcome.Await(process, () => TraceLines() > 0);
            File.WriteAllText(folder["content.png"], "no picture");
        }, ["transfer", "content.png", "style.png", .. Options("--size", "64", "--scales", "2", "--iterations", "1000", "--trace", "t.jsonl")]);
        outcome.Failed("content.png", "The picture after ", " iterations, 64x48, is in out-last-good.png.");
        Assert.Equal((64, 48), PictureFile.ReadSize(folder["out-last-good.png"]));
    }

    [Theory]
    [InlineData("content.png")]
    [InlineData("style.png")]
    public void A_picture_that_the_run_reads_is_not_overwritten(string name)
    {
        byte[] before = File.ReadAllBytes(folder[name]);
        Transfer("-o", name).Refused("-o " + name, "choose another name");
        Assert.Equal(before, File.ReadAllBytes(folder[name]));
    }

    [Fact]
    public void A_full_disk_leaves_what_was_there_and_loses_no_result()
    {
        using var disk = new SmallDisk(folder["small"], "1m");
        File.Copy(folder["style.png"], folder["small/out.png"]);
        byte[] before = File.ReadAllBytes(folder["small/out.png"]);
        Fill(folder["small/filler"]);
        var outcome = Transfer("-o", "small/out.png");
        outcome.Failed("small/out.png", "the disk is full");
        Assert.Equal(before, File.ReadAllBytes(folder["small/out.png"]));
        Assert.Equal(["filler", "out.png"], Directory.GetFiles(folder["small"]).Select(f => Path.GetFileName(f)).Order());
        AssertRescued(outcome.Error);
    }

    static void AssertRescued(string error)
    {
        string place = error.Split("The picture is in ")[1].Split(" for now")[0];
        Assert.Equal((48, 36), PictureFile.ReadSize(place));
        Directory.Delete(Path.GetDirectoryName(place)!, recursive: true);
    }

    static void Fill(string path)
    {
        try
        {
            using var file = File.Create(path, 1);
            for (int i = 0; i < 2_000_000; i += 1000) file.Write(new byte[1000]);
        }
        catch (IOException)
        {
            // Full, as it should be.
        }
    }
}
