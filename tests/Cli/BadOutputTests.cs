using GpuStyle.Imaging;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Cli;

/// <summary>Places that cannot be written: known before the run where that is possible, and no result lost where it is not.</summary>
[Trait("Needs", "processes")]
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

    [Theory]
    [InlineData("content.png", "-o", "link.png")]
    [InlineData("style.png", "-o", "link.png")]
    [InlineData("content.png", "--trace", "link.png")]
    [InlineData("init.png", "--trace", "link.png", "--init", "init.png")]
    [InlineData("mask.png", "--trace", "link.png", "--content-mask", "mask.png")]
    [InlineData("run.json", "--trace", "link.png", "--settings", "run.json")]
    [InlineData("cache/vgg19.safetensors", "--trace", "link.png", "--weights", "vgg19")]
    [InlineData("styles/a.png", "-o", "link.png", "--content-weight", "1")]
    [InlineData("content.png", "-o", "hard.png")]
    [InlineData("content.png", "-o", "sub/../content.png")]
    [InlineData("content.png", "-o", "linked/content.png")]
    public void A_link_to_a_file_that_is_read(string read, params string[] options)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        foreach (string name in new[] { "cache", "styles", "sub" }) Directory.CreateDirectory(folder[name]);
        foreach (string name in new[] { "init.png", "mask.png", "styles/a.png" }) File.Copy(folder["content.png"], folder[name]);
        File.WriteAllText(folder["run.json"], "{}");
        File.Copy(TestWeights.Shallow, folder["cache/vgg19.safetensors"]);
        Assert.Equal(0, Tool.Run("ln", folder["content.png"], folder["hard.png"]).Code);
        File.CreateSymbolicLink(folder["linked"], ".");
        File.CreateSymbolicLink(folder["link.png"], read);
        Refused(["transfer", "content.png", "style.png", "styles", .. Options(options)], $"{options[0]} {options[1]} would overwrite ", $"{read}, which is read");
    }

    [Fact]
    public void Links_in_other_commands()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        Transfer().Line();
        foreach (string read in new[] { "out.png", "content.png", "w.safetensors" }) File.CreateSymbolicLink(folder[$"to-{read}"], read);
        File.Copy(TestWeights.Shallow, folder["w.safetensors"]);
        Refused(["replay", "out.png", "-o", "to-out.png"], "-o to-out.png would overwrite out.png, which is read");
        Refused(["evaluate", "out.png", "--content", "content.png", "--weights", "w.safetensors", "--gradient", "to-content.png"], "--gradient to-content.png would overwrite content.png");
        Refused(["evaluate", "out.png", "--content", "content.png", "--weights", "w.safetensors", "--gradient", "to-w.safetensors"], "--gradient to-w.safetensors would overwrite w.safetensors");
        Refused(["weights", "convert", "w.safetensors", "-o", "to-w.safetensors"], "-o to-w.safetensors would overwrite w.safetensors");
        Refused(["sheet", "content.png", "style.png", "--vary", "tv-weight=1,2", "-o", "to-content.png", "--weights", "w.safetensors"], "-o to-content.png would overwrite content.png");
        Directory.CreateDirectory(folder["made"]);
        File.CreateSymbolicLink(folder["made/painting.png"], "content.png");
        Refused(["demo", "--pictures", "made"], "would overwrite --pictures made/content.png");
    }

    [Fact]
    public void A_name_that_the_run_may_give_that_is_a_link_to_a_picture_that_is_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        TransferRefused(["--save-every", "1", "--trace", "out-0002.png"], "-o out.png: --trace out-0002.png", "choose another name");
        File.CreateSymbolicLink(folder["out-0001.png"], "content.png");
        TransferRefused(["--save-every", "1"], "-o out.png: content.png, which is read", "out-0001.png");
        byte[] before = File.ReadAllBytes(folder["content.png"]);
        Transfer().Line();
        File.CreateSymbolicLink(folder["out-last-good.png"], "style.png");
        TransferRefused([], "-o out.png: style.png, which is read", "out-last-good.png");
        Assert.Equal(before, File.ReadAllBytes(folder["content.png"]));
    }

    [Fact]
    public void A_relative_link_leads_from_its_own_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        Directory.CreateDirectory(folder["sub"]);
        File.CreateSymbolicLink(folder["link.png"], "sub/real.png");
        File.CreateSymbolicLink(folder["t.jsonl"], "sub/trace.jsonl");
        Assert.StartsWith("link.png: 48x36", Transfer("-o", "link.png", "--trace", "t.jsonl").Line());
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["sub/real.png"]));
        Assert.Equal(2 + 1, File.ReadAllLines(folder["sub/trace.jsonl"]).Length); // iterations, and what the size ends with
        Assert.Equal("sub/real.png", new FileInfo(folder["link.png"]).LinkTarget);
    }

    [Theory]
    [InlineData("1777")] // sticky: nobody but its owner may replace the file
    [InlineData("755")] // closed to new files
    public void Another_users_file_in_a_folder_where_it_cannot_be_replaced_is_written_in_place(string mode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Tool.Run("setpriv", "--version").Code == 0, "needs root and setpriv, to run as another user");
        Directory.CreateDirectory(folder["place"]);
        File.WriteAllText(folder["place/out.png"], "old");
        File.WriteAllText(folder["place/t.jsonl"], "old");
        Assert.Equal(0, Tool.Run("chmod", "755", folder[""]).Code + Tool.Run("chmod", mode, folder["place"]).Code + Tool.Run("chmod", "666", folder["place/out.png"], folder["place/t.jsonl"]).Code);
        string[] arguments = ["transfer", "content.png", "style.png", .. Options("-o", "place/out.png", "--trace", "place/t.jsonl", "--weights", "built-in")];
        Assert.StartsWith("place/out.png: 48x36", Outcome.OfShell(folder[""], "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"", arguments).Line());
        Assert.Equal((48, 36), PictureFile.ReadSize(folder["place/out.png"]));
        Assert.Equal(2 + 1, File.ReadAllLines(folder["place/t.jsonl"]).Length);
        Assert.Equal("0 666", Tool.Run("stat", "-c", "%u %a", folder["place/out.png"]).Output.Trim());
        Assert.Equal(2, Directory.GetFileSystemEntries(folder["place"]).Length);
    }

    [Fact]
    public void A_file_in_a_folder_that_is_closed_to_new_files_is_written_in_place()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "permissions are those of Unix");
        bool root = Environment.IsPrivilegedProcess;
        Assert.SkipWhen(root && Tool.Run("setpriv", "--version").Code != 0, "needs a user who is not root, or setpriv to become one");
        Directory.CreateDirectory(folder["place"]);
        File.WriteAllText(folder["place/out.png"], "old");
        string[] files = [folder["place"], folder["place/out.png"]];
        if (root) Assert.Equal(0, Tool.Run("chown", ["65534", .. files]).Code + Tool.Run("chmod", "755", folder[""]).Code);
        Assert.Equal(0, Tool.Run("chmod", "555", folder["place"]).Code);
        try
        {
            string[] arguments = ["transfer", "content.png", "style.png", .. Options("-o", "place/out.png", "--weights", "built-in")];
            string line = root ? "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"" : "exec \"$@\"";
            Assert.StartsWith("place/out.png: 48x36", Outcome.OfShell(folder[""], line, arguments).Line());
            Assert.Equal((48, 36), PictureFile.ReadSize(folder["place/out.png"]));
            Assert.Single(Directory.GetFileSystemEntries(folder["place"]));
        }
        finally
        {
            Tool.Run("chmod", "755", folder["place"]);
        }
    }

    [Theory]
    [InlineData("-o", "content.png")]
    [InlineData("--trace", "content.png")]
    [InlineData("-o", "hard.png")]
    public void A_file_that_standard_input_comes_from(params string[] options)
    {
        Assert.SkipUnless(File.Exists("/dev/stdin"), "needs a system with a name for standard input");
        Assert.Equal(0, Tool.Run("ln", folder["content.png"], folder["hard.png"]).Code);
        byte[] before = File.ReadAllBytes(folder["content.png"]);
        Outcome.OfShell(folder[""], "exec \"$@\" < content.png", ["transfer", "-", "style.png", .. Options(options)])
            .Refused($"{options[0]} {options[1]} would overwrite - (standard input), which is read");
        Assert.Equal(before, File.ReadAllBytes(folder["content.png"]));
    }

    /// <summary>Bytes that are no UTF-8 come in as a sign that stands for any of them: the file that was named cannot be written.</summary>
    [Fact]
    public void A_name_that_cannot_be_decoded_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names are bytes on Linux");
        string[] arguments = ["transfer", "content.png", "style.png", .. Options()];
        Outcome.OfShell(folder[""], "exec \"$@\" -o \"$(printf 'q\\351.png')\"", [.. arguments.Where(a => a is not ("-o" or "out.png"))]).Refused("-o q", "not UTF-8");
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
