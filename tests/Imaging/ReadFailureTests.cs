using System.Buffers.Binary;
using System.Text;
using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>Every failure is one line that names the file and says what to do.</summary>
public sealed class ReadFailureTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string Message(string path, Action action)
    {
        string message = Assert.Throws<PictureException>(action).Message;
        Assert.Contains($"'{path}'", message);
        Assert.DoesNotContain('\n', message);
        Assert.DoesNotContain("  at ", message);
        return message;
    }

    static string Loading(string path) => Message(path, () => PictureFile.Load(path));

    [Fact]
    public void Missing() => Assert.Contains("no such file", Loading(folder["none.png"]));

    [Fact]
    public void Missing_folder() => Assert.Contains("no such file", Loading(folder["no/none.png"]));

    [Fact]
    public void A_folder() => Assert.Contains("it is a folder", Loading(Path.GetDirectoryName(folder["x"])!));

    [Fact]
    public void Empty() => Assert.Contains("the file is empty", Loading(folder.Holding("a.png", [])));

    [Fact]
    public void No_picture() => Assert.Contains("it is no picture", Loading(folder.Holding("a.jpg", Encoding.UTF8.GetBytes("Dear reader, this is a letter."))));

    [Fact]
    public void Noise_after_a_true_beginning() => Assert.Contains("damaged or cut short", Loading(folder.Holding("a.png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4])));

    [Theory]
    [InlineData(".png", 0.1)]
    [InlineData(".png", 0.9)]
    [InlineData(".jpg", 0.5)]
    [InlineData(".jpg", 0.9)]
    [InlineData(".webp", 0.5)]
    [InlineData(".tif", 0.5)]
    [InlineData(".avif", 0.5)]
    public void Cut_short(string extension, double kept)
    {
        string path = folder["a" + extension];
        PictureFile.Save(path, Patterns.Fill(200, 150, (x, y) => (x * y * 7919 % 256, x * x * 31 % 256, y * 17 % 256)));
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(int)(whole.Length * kept)]);
        Assert.Contains("damaged or cut short", Loading(path));
    }

    [Fact]
    public void A_header_that_claims_too_much_is_refused_before_decoding()
    {
        string path = folder.Holding("bomb.png", PngClaiming(100_000, 100_000));
        string message = Loading(path);
        Assert.Contains("100000 x 100000 pixels", message);
        Assert.Contains("400 megapixels", message);
        Assert.Equal((100_000, 100_000), PictureFile.ReadSize(path));
    }

    [Fact]
    public void The_limit_can_be_set_and_holds_for_the_result_too()
    {
        PictureFile.Save(folder["a.png"], Patterns.Gradient(100, 50));
        Assert.Contains("100 x 50", Message(folder["a.png"], () => PictureFile.Load(folder["a.png"], new() { MaxPixels = 4999 })));
        Assert.Contains("would be resized to 1000 x 500", Message(folder["a.png"], () => PictureFile.Load(folder["a.png"], new() { Size = 1000, MaxPixels = 5000 })));
        Assert.Equal(100, PictureFile.Load(folder["a.png"], new() { MaxPixels = 5000 }).Width);
    }

    internal static byte[] PngClaiming(int width, int height)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, .. Chunk("IHDR", header), .. Chunk("IDAT", [0x78, 0x9c, 1, 2, 3]), .. Chunk("IEND", [])];
    }

    internal static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        uint crc = ~0u;
        foreach (byte b in body)
        {
            crc ^= b;
            for (int k = 0; k < 8; k++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }
        byte[] chunk = [0, 0, 0, 0, .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), ~crc);
        return chunk;
    }
}
