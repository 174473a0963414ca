using System.Diagnostics;
using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Pictures that come through pipes, and what they need.</summary>
[Trait("Needs", "processes")]
public sealed class PipedPictureTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public PipedPictureTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a Unix shell");
        PictureFile.Save(folder["photo.png"], Patterns.Gradient(48, 32));
        PictureFile.Save(folder["style.png"], Patterns.Gradient(40, 40));
        Directory.CreateDirectory(folder["temporary"]);
    }

    public void Dispose() => folder.Dispose();

    (int Code, string Error) Shell(string command, string? temporary = null)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "gpustyle");
        const string Run = "-o out.png --weights built-in --device cpu --size 32 --iterations 1 --scales 1 --quiet";
        var start = new ProcessStartInfo("bash", ["-c", command.Replace("GPUSTYLE", $"'{program}'").Replace("RUN", Run)])
        {
            WorkingDirectory = folder["."],
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = temporary ?? folder["temporary"];
        start.Environment["GPUSTYLE_CACHE"] = folder["cache"];
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.DoesNotContain("   at ", output.Result + error);
        return (process.ExitCode, error);
    }

    [Theory]
    [InlineData("cat photo.png | GPUSTYLE transfer - style.png RUN")]
    [InlineData("GPUSTYLE transfer - style.png RUN < photo.png")]
    [InlineData("cat photo.png | GPUSTYLE transfer /dev/stdin style.png RUN")]
    [InlineData("GPUSTYLE transfer <(cat photo.png) <(cat style.png) RUN")]
    [InlineData("mkfifo p && (cat photo.png > p &) && GPUSTYLE transfer p style.png RUN")]
    public void A_picture_through_a_pipe_is_read_like_a_file(string command)
    {
        var (code, error) = Shell(command);
        Assert.True(code == 0, error);
        Assert.Equal((32, 21), PictureFile.ReadSize(folder["out.png"]));
        Assert.Empty(Directory.GetFiles(folder["temporary"], "gpustyle-*"));
    }

    /// <summary>Not even KILL leaves the copy of a pipe behind, which has no name on Linux.</summary>
    [Fact]
    public void A_program_that_is_killed_leaves_no_copy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "an open file can be found without a name on Linux alone");
        string run = "-o out.png --weights built-in --device cpu --size 32 --iterations 1000000 --scales 1 --quiet --trace t.jsonl";
        Shell($"GPUSTYLE transfer - style.png {run} < <(cat photo.png) & while ! [ -s t.jsonl ]; do sleep 0.1; done; kill -KILL $!");
        Assert.Empty(Directory.GetFileSystemEntries(folder["temporary"], "gpustyle-*"));
    }

    [Fact]
    public async Task Several_threads_read_a_pipe_once()
    {
        Assert.SkipUnless(Tool.Run("mkfifo", folder["pipe"]).Code == 0, "there is no mkfifo here");
        var token = TestContext.Current.CancellationToken;
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => PictureFile.Load(folder["pipe"]), token)).ToArray();
        File.WriteAllBytes(folder["pipe"], File.ReadAllBytes(folder["photo.png"]));
        foreach (var picture in await Task.WhenAll(readers)) Assert.Equal(Patterns.Gradient(48, 32).Rgb, picture.Rgb);
    }

    [Theory]
    [InlineData(": | GPUSTYLE transfer - style.png RUN", "cannot read '-': nothing came through the pipe")]
    [InlineData("echo words | GPUSTYLE transfer - style.png RUN", "cannot read '-': it is no picture but text")]
    [InlineData("GPUSTYLE transfer $'caf\\xe9.png' style.png RUN", "its name cannot be decoded, since it is not UTF-8")]
    public void What_is_wrong_is_said_in_one_line(string command, string expected)
    {
        var (code, error) = Shell(command);
        Assert.Equal(1, code);
        Assert.Contains(expected, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void A_missing_folder_for_temporary_files_is_named_where_one_is_needed()
    {
        var (code, error) = Shell("cat photo.png | GPUSTYLE transfer - style.png RUN", folder["nowhere"]);
        Assert.Equal(1, code);
        Assert.Contains("set the environment variable TMPDIR", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        var (without, said) = Shell("GPUSTYLE transfer photo.png style.png RUN", folder["nowhere"]);
        Assert.True(without == 0, said);
    }

    [Fact]
    public void Folders_above_links_are_those_of_the_operating_system()
    {
        Directory.CreateDirectory(folder["real/sub"]);
        Directory.CreateSymbolicLink(folder["link"], folder["real/sub"]);
        File.Copy(folder["photo.png"], folder["real/a.png"]);
        Assert.Equal((48, 32), PictureFile.ReadSize(folder["link"] + "/../a.png"));
        Assert.Throws<PictureException>(() => PictureFile.ReadSize(folder["link"] + "/../photo.png"));
    }
}
