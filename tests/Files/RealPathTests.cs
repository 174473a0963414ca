using GpuStyle.Files;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Files;

/// <summary>Where links lead, and which names are one file.</summary>
public sealed class RealPathTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public RealPathTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows, which resolves .. by other rules");
        Directory.CreateDirectory(folder["a/b"]);
        folder.Holding("a/file", [1]);
    }

    public void Dispose() => folder.Dispose();

    string Link(string name, string target)
    {
        File.CreateSymbolicLink(folder[name], target);
        return folder[name];
    }

    string Real(string name) => Path.Combine(RealPath.Of(folder[""]), name);

    [Theory]
    [InlineData("link", "a/file", "link", "a/file")] // relative to the link's own folder
    [InlineData("a/b/link", "../file", "a/b/link", "a/file")]
    [InlineData("link", "a/b", "link/../file", "a/file")] // .. is the parent of where the link leads
    [InlineData("link", "a/none", "link", "a/none")] // what is not there yet
    [InlineData("link", "none/../a/file", "link", "a/file")]
    public void A_link_is_followed(string link, string target, string path, string expected)
    {
        Link(link, target);
        Assert.Equal(Real(expected), RealPath.Of($"{folder[""]}/{path}"));
    }

    [Fact]
    public void Links_in_a_circle_are_refused()
    {
        Link("one", "two");
        Assert.Contains("links lead in a circle", Assert.Throws<FileException>(() => RealPath.Of(Link("two", "one"))).Message);
    }

    [Fact]
    public void An_open_file_of_a_process_is_no_path()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/fd"), "/proc/self/fd is Linux's");
        Assert.Equal($"/proc/{Environment.ProcessId}/fd/0", RealPath.Of("/dev/stdin"));
    }

    [Fact]
    public void Hard_links_are_one_file_and_copies_are_not()
    {
        Assert.Equal(0, Tool.Run("ln", folder["a/file"], folder["hard"]).Code);
        File.Copy(folder["a/file"], folder["copy"]);
        Assert.True(FilePlace.Same(folder["hard"], folder["a/file"]));
        Assert.False(FilePlace.Same(folder["copy"], folder["a/file"]));
    }

    [Fact]
    public void Names_that_are_not_there_are_compared_in_their_folders()
    {
        Link("linked", "a");
        Assert.True(FilePlace.Same(folder["linked/new"], folder["a/new"]));
        Assert.False(FilePlace.Same(folder["linked/new"], folder["a/other"]));
        // Whatever this file system does with case: a file that is made tells.
        bool ignores = FilePlace.Same(folder["new"], folder["NEW"]);
        folder.Holding("new", [1]);
        Assert.Equal(File.Exists(folder["NEW"]), ignores);
        Assert.Equal(["a", "linked", "new"], folder.Names);
    }

    [Fact]
    public void A_device_is_never_the_same_file() => Assert.False(FilePlace.Same("/dev/null", "/dev/null"));
}
