using System.Text;
using GpuStyle.Imaging;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Imaging;

/// <summary>A file that is no picture, or one of a kind that cannot be decoded, is told from a damaged one, by its content.</summary>
[Trait("Needs", "real files")]
public sealed class FileKindTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("Dear reader, this is a letter.", true)]
    [InlineData("%PDF-1.7", true)]
    [InlineData("\u0001\u0002\u0003\u0004 of an unknown kind", true)]
    [InlineData("8BPS", false)]
    [InlineData("\u0089PNG\r\n\u001A\n....", false)]
    public void Whether_it_is_a_picture_at_all(string content, bool none)
    {
        string path = folder.Holding("a.jpg", Latin(content));
        Assert.Equal(none, Assert.Throws<PictureException>(() => PictureFile.Load(path)).IsNoPicture);
    }

    string Message(byte[] content) => Refused(folder.Holding("a.jpg", content));

    static string Refused(string path)
    {
        string message = Assert.Throws<PictureException>(() => PictureFile.Load(path)).Message;
        Assert.Equal(message, Assert.Throws<PictureException>(() => PictureFile.ReadSize(path)).Message);
        Assert.StartsWith($"cannot read '{path}': ", message);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    static byte[] Latin(string text) => [.. Encoding.Latin1.GetBytes(text), .. new byte[64]];

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "git lfs pull")]
    [InlineData("\uFEFF \n<!doctype HTML><html><body>404</body></html>", "a web page; download the picture itself")]
    [InlineData("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "perhaps a server's answer")]
    [InlineData("{\"error\": 404}", "perhaps a server's answer")]
    [InlineData("2 2\n1 2\n3 4\n", "it is no picture but text")]
    public void Text(string text, string expected) => Assert.Contains(expected, Message(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("%PDF-1.7", "a PDF document")]
    [InlineData("PK\u0003\u0004", "an archive (zip)")]
    [InlineData("\u001F\u008B\b", "gzip")]
    [InlineData("\u0089HDF\r\n\u001A\n", "a weight file")]
    [InlineData("\0\u0005\u0016\u0007", "'._' before its name")]
    [InlineData("\0\0\0\u0018ftypmp42", "a film")]
    public void No_pictures(string start, string expected)
    {
        string message = Message(Latin(start));
        Assert.Contains("it is no picture but ", message);
        Assert.Contains(expected, message);
    }

    [Theory]
    [InlineData("BM\0\0\0\0\0\0\0\0\u0036\0\0\0\u0028\0\0\0", "a BMP picture")]
    [InlineData("8BPS", "a Photoshop document")]
    [InlineData("P6 2 2 255\n", "a PNM picture")]
    [InlineData("v/1\u0001", "an OpenEXR picture")]
    [InlineData("\0\0\0\u000CjP  ", "a JPEG 2000 picture")]
    [InlineData("\u00FF\n", "a JPEG XL picture")]
    [InlineData("\0\0\u0001\0", "an icon")]
    public void Pictures_of_other_kinds(string start, string expected)
    {
        string message = Message(Latin(start));
        Assert.Contains(expected, message);
        Assert.Contains("cannot be decoded here; convert it to PNG, TIFF or JPEG", message);
    }

    [Theory]
    [InlineData("II*\0\u0010\0\0\0CR\u0002\0")]
    [InlineData("\0\0\0\u0018ftypcrx ")]
    [InlineData("FUJIFILMCCD-RAW 0201")]
    [InlineData("IIRO\b\0\0\0")]
    [InlineData("IIU\0\b\0\0\0")]
    public void Raw_files(string start) => Assert.Contains("a camera's raw file; develop it first", Message(Latin(start)));

    [Theory]
    [InlineData(0xC1, 12, "a JPEG of 12 bits a sample")]
    [InlineData(0xC3, 8, "a lossless JPEG")]
    [InlineData(0xC5, 8, "a hierarchical JPEG")]
    [InlineData(0xF7, 8, "a JPEG-LS picture")]
    public void Jpegs_of_other_processes(int marker, int bits, string expected) => Assert.Contains(expected,
        Message(
        [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF, (byte)marker, 0, 11, (byte)bits, 0, 8, 0, 8, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 0, 0,
        ]));

    [Fact]
    public void Zeros_are_an_unfinished_copy() => Assert.Contains("nothing but zeros", Message(new byte[5000]));

    [Fact]
    public void Pictures_are_told_by_their_content()
    {
        // Two frames of 8 x 8.
        var frames = NetVips.Image.Black(8, 16, bands: 3) + new double[] { 0, 80, 160 };
        frames.Cast(NetVips.Enums.BandFormat.Uchar).Copy(interpretation: NetVips.Enums.Interpretation.Srgb)
            .Mutate(m => m.Set(NetVips.GValue.GIntType, "page-height", 8)).WriteToFile(folder["a.gif"]);
        Assert.Equal((8, 8), PictureFile.ReadSize(folder.Holding("a.png", File.ReadAllBytes(folder["a.gif"]))));
        byte[] drawing = Encoding.UTF8.GetBytes("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"7\">" +
            "<rect width=\"9\" height=\"7\" fill=\"red\"/></svg>");
        Assert.Equal((9, 7), PictureFile.ReadSize(folder.Holding("b.png", drawing)));
    }

    [Theory]
    [InlineData("iphone.heic", "a HEIC or HEIF picture (hevc)")]
    [InlineData("jpeg12.jpg", "a JPEG of 12 bits a sample")]
    [InlineData("lfs.jpg", "git lfs pull")]
    [InlineData("._a.png", "'._' before its name")]
    public void Reported_files(string name, string expected) =>
        Assert.Contains(expected, Refused(SharedFiles.Require("field-reports/inputs/" + name)));
}
