using GpuStyle.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Standard output and standard error that are closed, full or broken; and standard output as the picture's place.</summary>
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
        string[] arguments = ["transfer", "content.png", "style.png", .. Options("-o", "-")];
        Outcome.OfShell(folder[""], "\"$@\" >&-", arguments).Refused("-o -: standard output is closed");
        byte[] before = File.ReadAllBytes(folder["content.png"]);
        Outcome.OfShell(folder[""], "\"$@\" >> content.png", arguments).Refused("-o - would overwrite content.png, which is read");
        Assert.Equal(before, File.ReadAllBytes(folder["content.png"]));
    }

    [Theory]
    [InlineData("/dev/stdout")]
    [InlineData("/dev/stderr")]
    public void A_trace_among_other_lines_takes_nothing_away(string trace)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the names of standard streams lead to files on Linux alone");
        var outcome = Outcome.OfShell(folder[""], "exec 3>log; echo before >&3; \"$@\" >&3 2>&3; echo after >&3", [.. Run48, "--trace", trace]);
        Assert.Equal((0, "", ""), (outcome.Code, outcome.Output, outcome.Error));
        string[] lines = File.ReadAllLines(folder["log"]);
        Assert.Equal(["before", "{\"iteration\":1", "{\"iteration\":2", "{\"iteration\":2", "out.png: 48x36", "after"], lines.Select(l => l.Split(',')[0]));
    }

    [Fact]
    public void A_picture_that_standard_output_does_not_take_is_not_lost()
    {
        var outcome = Outcome.OfShell(folder[""], "\"$@\" >/dev/full", ["transfer", "content.png", "style.png", .. Options("-o", "-")]);
        outcome.Failed("standard output cannot be written (No space left on device). The picture is in ");
        string place = outcome.Error.Split("The picture is in ")[1].Split(" for now")[0];
        Assert.Equal((48, 36), PictureFile.ReadSize(place));
        Directory.Delete(Path.GetDirectoryName(place)!, recursive: true);
    }
}
