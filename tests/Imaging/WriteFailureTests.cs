using GpuStyle.Imaging;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Imaging;

/// <summary>A write that fails says why in one line, leaves no litter and leaves what was there before.</summary>
public sealed class WriteFailureTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string Saving(string path, SaveOptions? options = null, Picture? picture = null)
    {
        string message = Assert.Throws<PictureException>(() => PictureFile.Save(path, picture ?? Patterns.Gradient(20, 20), options)).Message;
        Assert.Contains($"'{path}'", message);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    [Theory]
    [InlineData("a.bmp", "the extension .bmp is unknown")]
    [InlineData("a", "has no extension")]
    public void Unknown_extension(string name, string expected)
    {
        Assert.Contains(expected, Saving(folder[name]));
        Assert.Contains(".avif", Saving(folder[name]));
        Assert.Empty(folder.Names);
    }

    [Theory]
    [InlineData("a.jpg", 16, "JPEG holds 8")]
    [InlineData("a.webp", 16, "WebP holds 8")]
    [InlineData("a.avif", 16, "AVIF holds 8 or 10 or 12")]
    [InlineData("a.png", 12, "PNG holds 8 or 16")]
    public void A_depth_that_the_format_cannot_hold(string name, int bits, string expected) => Assert.Contains(expected, Saving(folder[name], new() { Bits = bits }));

    [Fact]
    public void Sides_that_the_format_cannot_hold() => Assert.Contains("sides up to 16383", Saving(folder["a.webp"], null, Patterns.Fill(16_384, 1, (_, _) => (0, 0, 0))));

    [Fact]
    public void A_quality_out_of_range() => Assert.Contains("1 to 100", Saving(folder["a.jpg"], new() { Quality = 0 }));

    [Fact]
    public void No_folder()
    {
        Assert.Contains("there is no folder", Saving(folder["none/a.png"]));
        Assert.Contains("is a file and no folder", Saving(Path.Combine(folder.Holding("file", [1]), "a.png")));
        Assert.Contains("there is no folder", Assert.Throws<PictureException>(() => PictureFile.CheckSave(folder["none/a.png"], 20, 20)).Message);
    }

    [Fact]
    public void A_folder_in_place_of_the_file()
    {
        Directory.CreateDirectory(folder["a.png"]);
        Assert.Contains("it is a folder", Saving(folder["a.png"]));
    }

    [Fact]
    public void No_permission()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc, where nobody may create files, is Linux's");
        Assert.Contains("files cannot be created", Saving("/proc/a.png"));
    }

    [Fact]
    public void A_value_that_is_no_number_leaves_the_old_file()
    {
        PictureFile.Save(folder["a.png"], Patterns.Gradient(20, 20));
        byte[] before = File.ReadAllBytes(folder["a.png"]);
        Assert.Contains("pixel (3, 2) is no number", Saving(folder["a.png"], null, Patterns.Fill(20, 20, (x, y) => (0, x == 3 && y == 2 ? float.NaN : 0, 0))));
        Assert.Equal(before, File.ReadAllBytes(folder["a.png"]));
        Assert.Equal(["a.png"], folder.Names);
    }

    [Fact]
    public void Checking_leaves_everything_as_it_was()
    {
        folder.Holding("a.png", [1, 2, 3]);
        PictureFile.CheckSave(folder["a.png"], 10, 10, new() { Bits = 16 });
        Assert.Equal([1, 2, 3], File.ReadAllBytes(folder["a.png"]));
        Assert.Equal(["a.png"], folder.Names);
    }

    [Fact]
    public void A_link_stays_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        folder.Holding("real.png", [1]);
        File.CreateSymbolicLink(folder["link.png"], folder["real.png"]);
        PictureFile.Save(folder["link.png"], Patterns.Gradient(20, 20));
        Assert.NotNull(new FileInfo(folder["link.png"]).LinkTarget);
        Assert.Equal(20, PictureFile.Load(folder["real.png"]).Width);
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("a.jpg")]
    [InlineData("a.tif")]
    [InlineData("a.webp")]
    [InlineData("a.avif")]
    public void A_full_disk_leaves_the_old_file(string name)
    {
        string disk = folder["disk"];
        using var mounted = new SmallDisk(disk, "256k");
        string path = Path.Combine(disk, name);
        PictureFile.Save(path, Patterns.Gradient(20, 20));
        byte[] before = File.ReadAllBytes(path);
        var random = new Random(1);
        var noise = Patterns.Fill(600, 500, (_, _) => (random.Next(256), random.Next(256), random.Next(256)));
        Assert.Contains("the disk is full", Saving(path, null, noise));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(disk));
    }
}
