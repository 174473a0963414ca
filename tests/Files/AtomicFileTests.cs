using System.Runtime.Versioning;
using GpuStyle.Files;
using GpuStyle.Tests.Imaging;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Files;

/// <summary>
/// Writing where a rename serves and where it cannot: what is there keeps its permissions, and nothing else is left behind.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class AtomicFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public AtomicFileTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "permissions, pipes and links are those of Unix");

    public void Dispose() => folder.Dispose();

    void Writes(string name, byte[] content)
    {
        AtomicFile.Check(folder[name]);
        AtomicFile.Write(folder[name], stream => stream.Write(content));
        Assert.Equal(content, File.ReadAllBytes(folder[name]));
    }

    string Refusal(string path)
    {
        string[] before = folder.Names;
        string checking = Assert.Throws<FileException>(() => AtomicFile.Check(path)).Message;
        var writing = Assert.Throws<FileException>(() => AtomicFile.Write(path, (Stream _) => Assert.Fail("this is not written")));
        Assert.Equal(checking, writing.Message);
        Assert.Equal(before, folder.Names);
        return checking;
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead)]
    public void An_existing_file_keeps_its_permissions(UnixFileMode mode)
    {
        File.SetUnixFileMode(folder.Holding("file", [1]), mode);
        AtomicFile.Write(folder["file"], (string temporary) =>
        {
            // Nobody reads the bytes meanwhile who may not read the file.
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(temporary));
            File.WriteAllBytes(temporary, [2, 3]);
        });
        Assert.Equal(mode, File.GetUnixFileMode(folder["file"]));
        Assert.Equal([2, 3], File.ReadAllBytes(folder["file"]));
        Assert.Equal(["file"], folder.Names);
    }

    [Fact]
    public void A_file_that_is_removed_meanwhile_is_made_again()
    {
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(folder.Holding("file", [1]), mode);
        AtomicFile.Write(folder["file"], (Stream stream) =>
        {
            stream.Write([2, 3]);
            File.Delete(folder["file"]);
        });
        Assert.Equal([2, 3], File.ReadAllBytes(folder["file"]));
        Assert.Equal(mode, File.GetUnixFileMode(folder["file"]));
        Assert.Equal(["file"], folder.Names);
    }

    [Fact]
    public void A_new_file_has_the_permissions_of_any_new_file()
    {
        folder.Holding("other", [1]);
        AtomicFile.Write(folder["file"], (Stream stream) => stream.Write([2]));
        Assert.Equal(File.GetUnixFileMode(folder["other"]), File.GetUnixFileMode(folder["file"]));
    }

    [Fact]
    public void A_temporary_file_is_private_and_can_always_be_removed()
    {
        Directory.CreateDirectory(folder["here"]);
        string file = TemporaryFiles.Create(folder["here"], "a-", ".x");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Directory.Delete(folder["here"], recursive: true);
        TemporaryFiles.Remove(file);
        TemporaryFiles.Remove(folder["here"]);
        Assert.Throws<DirectoryNotFoundException>(() => TemporaryFiles.Create(folder["here"], "a-", ".x"));
    }

    [Fact]
    public void A_link_that_leads_nowhere_creates_its_target()
    {
        File.CreateSymbolicLink(folder["link"], "new");
        Writes("link", [1, 2]);
        Assert.Equal("new", new FileInfo(folder["link"]).LinkTarget);
        Assert.Equal(["link", "new"], folder.Names);
    }

    [Fact]
    public void What_cannot_be_written_is_refused_before()
    {
        Directory.CreateDirectory(folder["folder"]);
        File.CreateSymbolicLink(folder["loop"], "loop");
        Assert.Contains("it is a folder", Refusal(folder["folder"]));
        Assert.Contains("name of a folder", Refusal(folder["new/"]));
        Assert.Contains("there is no folder", Refusal(folder["none/file"]));
        Assert.Contains("links lead in a circle", Refusal(folder["loop"]));
        Assert.Contains("the name is too long", Refusal(folder[new string('a', 300)]));
        Assert.Contains("the name is empty", Refusal(""));
    }

    [Fact]
    public void A_protected_file_is_refused()
    {
        File.SetUnixFileMode(folder.Holding("file", [1]), UnixFileMode.UserRead);
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may write a protected file");
        Assert.Contains("write-protected", Refusal(folder["file"]));
    }

    [Fact]
    public void A_failure_leaves_what_was_there()
    {
        folder.Holding("file", [1]);
        void Fail(Exception e) => AtomicFile.Write(folder["file"], (Stream _) => throw e);
        Assert.Throws<InvalidOperationException>(() => Fail(new InvalidOperationException()));
        Assert.Contains("choose another place", Assert.Throws<FileException>(() => Fail(new IOException("no"))).Message);
        Assert.Equal([1], File.ReadAllBytes(folder["file"]));
        Assert.Equal(["file"], folder.Names);
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(3, 200_000)]
    [InlineData(0, 5)]
    public void A_file_that_something_is_mounted_on_is_written_in_place(int before, int after)
    {
        folder.Holding("mounted", new byte[before]);
        folder.Holding("file", []);
        Assert.SkipUnless(Tool.Run("mount", "--bind", folder["mounted"], folder["file"]).Code == 0, "mount --bind is not allowed here");
        try
        {
            Assert.True(FilePlace.Same(folder["mounted"], folder["file"]));
            Writes("file", [.. Enumerable.Range(1, after).Select(i => (byte)i)]);
            Assert.Equal(after, File.ReadAllBytes(folder["mounted"]).Length);
        }
        finally
        {
            Tool.Run("umount", folder["file"]);
        }
        Assert.Equal(["file", "mounted"], folder.Names);
    }

    [Fact]
    public void A_disk_that_fills_up_does_not_cost_a_file_that_is_written_in_place()
    {
        using var disk = new SmallDisk(folder["disk"], "64k");
        File.WriteAllBytes(folder["disk/file"], [1, 2, 3]);
        folder.Holding("file", []);
        bool mounted = Tool.Run("mount", "--bind", folder["disk/file"], folder["file"]).Code == 0;
        Assert.SkipUnless(mounted, "mount --bind is not allowed here");
        try
        {
            var failure = Assert.Throws<FileException>(() => AtomicFile.Write(folder["file"], stream => stream.Write(new byte[200_000])));
            Assert.Contains("the disk is full", failure.Message);
            Assert.Equal([1, 2, 3], File.ReadAllBytes(folder["disk/file"]));
        }
        finally
        {
            Tool.Run("umount", folder["file"]);
        }
    }

    [Fact]
    public async Task A_pipe_takes_the_bytes_and_is_not_opened_by_a_check()
    {
        Assert.SkipUnless(Tool.Run("mkfifo", folder["pipe"]).Code == 0, "there is no mkfifo here");
        AtomicFile.Check(folder["pipe"]);
        var reader = Task.Run(() => File.ReadAllBytes(folder["pipe"]), TestContext.Current.CancellationToken);
        AtomicFile.Write(folder["pipe"], stream => stream.Write([1, 2, 3]));
        Assert.Equal([1, 2, 3], await reader);
        Assert.Equal(["pipe"], folder.Names);
    }

    [Fact]
    public void Another_owner_stays_the_owner()
    {
        Assert.SkipUnless(Tool.Run("chown", "65534:65534", folder.Holding("file", [1])).Code == 0, "chown is not allowed here");
        Writes("file", [2]);
        Assert.Equal("65534:65534", Tool.Run("stat", "-c", "%u:%g", folder["file"]).Output.Trim());
    }
}
