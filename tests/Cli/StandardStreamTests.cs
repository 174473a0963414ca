using GpuStyle.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Standard output and standard error that are closed, full or broken; and standard output as the picture's place.</summary>
[Trait("Needs", "processes")]
public sealed class StandardStreamTests : CliTest
{
    static readonly string[] Run48 = ["transfer", "content.png", "style.png", .. Options()];

    public StandardStreamTests() => Assert.SkipUnless(File.Exists("/dev/full"), "needs bash and /dev/full");

    [Theory]
    [InlineData(">&-", 2, "out.png is saved, but standard output cannot be written (it is closed).")]
    [InlineData(">/dev/full", 2, "out.png is saved, but standard output cannot be written (No space left on device).")]
    [InlineData("2>&-", 0, "")]
    [InlineData("2>/dev/full", 0, "")]
    [InlineData(">&- 2>&-", 2, "")]
    [InlineData("<&- >&- 2>&-", 2, "")]
    public void A_picture_that_is_saved_is_saved(string redirection, int code, string error)
    {
        var outcome = Outcome.OfShell(folder[""], $"\"$@\" {redirection}", [.. Run48, "--trace", "t.jsonl", "--max-memory", "200MB"]);
        Assert.Equal(code, outcome.Code);
        Assert.Equal(error, outcome.ErrorLines.Length == 0 ? "" : Assert.Single(outcome.ErrorLines)["gpustyle: ".Length..]);
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["out.png"]));
        // No file was given the number of a stream that is closed.
        Assert.All(File.ReadAllLines(folder["t.jsonl"]), line => Assert.StartsWith("{\"iteration\":", line));
    }

    [Fact]
    public void A_reader_that_has_gone_is_no_failure()
    {
        var outcome = Outcome.OfShell(folder[""], "{ \"$@\"; echo $? >&2; } | true", Run48);
        Assert.Equal("0", outcome.Error.Trim());
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["out.png"]));
    }

    [Theory]
    [InlineData("devices")]
    [InlineData("settings", "--schema")]
    [InlineData("--help")]
    public void A_reader_of_a_list_that_has_gone_is_no_failure(params string[] arguments)
    {
        // The reader has gone before anything is printed.
        var outcome = Outcome.OfShell(folder[""], "{ sleep 0.3; \"$@\"; echo $? >&2; } | true", arguments);
        Assert.Equal("0", outcome.Error.Trim());
    }

    [Theory]
    [InlineData("devices")]
    [InlineData("weights", "list")]
    [InlineData("settings", "--schema")]
    [InlineData("--help")]
    [InlineData("evaluate", "content.png", "--content", "style.png", "--content-layers", "relu2_1", "--device", "cpu", "--weights", "SHALLOW")]
    public void A_result_that_cannot_be_printed_is_a_failure(params string[] arguments)
    {
        arguments = [.. arguments.Select(a => a == "SHALLOW" ? TestWeights.Shallow : a)];
        foreach (string redirection in new[] { ">&-", ">/dev/full" })
            Outcome.OfShell(folder[""], $"\"$@\" {redirection}", arguments).Failed("standard output cannot be written");
    }

    [Fact]
    public void Closed_standard_input_is_told_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell");
        Outcome.OfShell(folder[""], "\"$@\" <&-", ["transfer", "-", "style.png", .. Options()]).Refused("'-'", "standard input is closed");
        Outcome.OfShell(folder[""], "\"$@\" <&-", ["transfer", "--settings", "-", .. Options()]).Refused("--settings -", "standard input is closed");
    }

    [Fact]
    public void A_picture_goes_to_standard_output()
    {
        foreach (string to in new[] { "| cat > got.png", "> got.png" })
        {
            var outcome = Outcome.OfShell(folder[""], $"set -o pipefail; \"$@\" {to}", ["transfer", "content.png", "style.png", .. Options("-o", "-", "--iterations", "1")]);
            Assert.Equal((0, ""), (outcome.Code, outcome.Output));
            Assert.StartsWith("-: 48x36, 1 iteration", Assert.Single(outcome.ErrorLines));
            Assert.Equal((48, 36), PictureFile.ReadSize(folder["got.png"]));
            Assert.Contains("\"content\":\"content.png\"", PictureFile.ReadSettings(folder["got.png"]));
            File.Delete(folder["got.png"]);
        }
    }

    [Fact]
    public void Standard_output_that_cannot_have_a_picture_is_told_before()
    {
        TransferRefused(["-o", "-", "--json"], "--json", "-o -");
        TransferRefused(["-o", "-", "--save-every", "1"], "--save-every", "-o -");
        TransferRefused(["-o", "-", "--bits", "12"], "'-'", "12 bits");
        foreach (string trace in new[] { "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" })
            TransferRefused(["-o", "-", "--trace", trace], "--trace prints on standard output, which has the picture with -o -");
        File.CreateSymbolicLink(folder["link"], "/dev/stdout");
        TransferRefused(["-o", "-", "--trace", "link"], "--trace prints on standard output");
        string[] arguments = ["transfer", "content.png", "style.png", .. Options("-o", "-")];
        Outcome.OfShell(folder[""], "\"$@\" >&-", arguments).Refused("-o -: standard output is closed");
        Outcome.OfShell(folder[""], "\"$@\" >&-", [.. Run48, "--trace", "-"]).Refused("--trace -: standard output is closed");
        Outcome.OfShell(folder[""], "TMPDIR=/none exec \"$@\"", arguments)
            .Refused("cannot write '-': a temporary file is needed in '/none/': there is no such folder; set the environment variable TMPDIR");
        byte[] before = File.ReadAllBytes(folder["content.png"]);
        Outcome.OfShell(folder[""], "\"$@\" >> content.png", arguments).Refused("-o - would overwrite content.png, which is read");
        Assert.Equal(before, File.ReadAllBytes(folder["content.png"]));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("/dev/stdout")]
    [InlineData("/dev/stderr")]
    public void A_trace_among_other_lines_takes_nothing_away(string trace)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the names of standard streams lead to files on Linux alone");
        var outcome = Outcome.OfShell(folder[""], "exec 3>log; echo before >&3; \"$@\" >&3 2>&3; echo after >&3", [.. Run48, "--trace", trace]);
        Assert.Equal((0, "", ""), (outcome.Code, outcome.Output, outcome.Error));
        string[] lines = File.ReadAllLines(folder["log"]);
        // The last line of a trace has the losses of the picture that is saved.
        string[] expected = ["before", "{\"iteration\":1", "{\"iteration\":2", "{\"iteration\":2", "out.png: 48x36", "after"];
        Assert.Equal(expected, lines.Select(l => l.Split(',')[0]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_picture_that_standard_output_does_not_take_is_not_lost(bool temporaryFolderGoes)
    {
        Directory.CreateDirectory(folder["temporary"]);
        string[] arguments = ["transfer", "content.png", "style.png", .. Options("-o", "-", "--trace", "t.jsonl", "--iterations", "1000000")];
        var outcome = Outcome.OfShell(folder[""], "TMPDIR=$PWD/temporary exec \"$@\" >/dev/full", arguments, Interrupt(temporaryFolderGoes));
        outcome.Failed("standard output cannot be written (No space left on device). The picture is in ");
        string place = outcome.Error.Split("The picture is in ")[1].Split(" for now")[0];
        Assert.Equal(!temporaryFolderGoes, Path.IsPathRooted(place));
        Assert.Equal((48, 36), PictureFile.ReadSize(folder[place]));
    }

    [Fact]
    public void A_folder_for_temporary_files_that_goes_meanwhile_costs_no_picture()
    {
        Directory.CreateDirectory(folder["temporary"]);
        string[] arguments = ["transfer", "-", "style.png", .. Options("-o", "-", "--trace", "t.jsonl", "--iterations", "1000000")];
        var outcome = Outcome.OfShell(
            folder[""], "TMPDIR=$PWD/temporary exec \"$@\" < <(cat content.png) > got", arguments, Interrupt(temporaryFolderGoes: true));
        Assert.True(outcome.Code == 130, outcome.Error);
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["got"]));
        Assert.Equal(["content.png", "got", "style.png", "t.jsonl"], folder.Names);
    }

    /// <summary>Ends a run after its first iterations, before which its folder for temporary files may be removed.</summary>
    Action<System.Diagnostics.Process> Interrupt(bool temporaryFolderGoes) => process =>
    {
        Outcome.Await(process, () => TraceLines() > 0);
        if (temporaryFolderGoes) Directory.Delete(folder["temporary"], recursive: true);
        Outcome.Signal(process, "INT");
    };
}
