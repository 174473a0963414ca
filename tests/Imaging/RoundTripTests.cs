using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>What is saved comes back.</summary>
public sealed class RoundTripTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a.png", false)]
    [InlineData("a.png", true)]
    [InlineData("a.tif", false)]
    [InlineData("a.TIFF", true)]
    [InlineData("a.webp", false)]
    [InlineData("a.webp", true)]
    [InlineData("odd [name].png", false)]
    [InlineData("odd[compression=9]x.png", false)]
    public void Eight_bits_come_back_exactly(string name, bool alpha)
    {
        var picture = Patterns.Gradient(61, 37, alpha);
        Assert.False(PictureFile.Save(folder[name], picture).AlphaFlattened);
        var back = PictureFile.Load(folder[name]);
        Assert.Equal((61, 37), (back.Width, back.Height));
        Assert.Equal(picture.Rgb, back.Rgb);
        if (alpha) Assert.True(Patterns.LargestDifference(picture.Alpha!, back.Alpha!) < 1e-6);
        else Assert.Null(back.Alpha);
        Assert.Equal([name], folder.Names);
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("a.tif")]
    public void Sixteen_bits_come_back_as_the_value_over_257(string name)
    {
        var picture = Patterns.Fill(256, 256, (x, y) => ((y * 256 + x) / 257f, (65535 - y * 256 - x) / 257f, x * 0.987f)) with { Alpha = [.. Enumerable.Range(0, 65536).Select(i => i / 65535f)] };
        PictureFile.Save(folder[name], picture, new() { Bits = 16 });
        var back = PictureFile.Load(folder[name]);
        Assert.True(Patterns.LargestDifference(picture.Rgb[..131072], back.Rgb[..131072]) < 1e-4);
        Assert.True(Patterns.LargestDifference(picture.Rgb, back.Rgb) <= 0.5 / 257 + 1e-4);
        Assert.True(Patterns.LargestDifference(picture.Alpha!, back.Alpha!) < 1e-6);
    }

    [Theory]
    [InlineData("a.jpg", 8, 1.5)]
    [InlineData("a.jpeg", 8, 1.5)]
    [InlineData("a.avif", 8, 1.5)]
    [InlineData("a.avif", 10, 0.8)]
    [InlineData("a.avif", 12, 0.6)]
    public void Lossy_formats_come_back_close(string name, int bits, double tolerance)
    {
        var picture = Patterns.Fill(64, 48, (x, y) => (x * 4, 255 - y * 5, 128 + 60 * MathF.Sin(x / 9f)));
        PictureFile.Save(folder[name], picture, new() { Bits = bits });
        var back = PictureFile.Load(folder[name]);
        Assert.InRange(Patterns.MeanDifference(picture.Rgb, back.Rgb), 0, tolerance);
    }

    [Fact]
    public void Colour_edges_survive_in_jpeg_because_chroma_is_not_halved()
    {
        var picture = Patterns.Fill(32, 32, (x, _) => x % 2 == 0 ? (200, 60, 60) : (60, 60, 200));
        PictureFile.Save(folder["a.jpg"], picture);
        Assert.True(Patterns.MeanDifference(picture.Rgb, PictureFile.Load(folder["a.jpg"]).Rgb) < 3);
    }

    [Fact]
    public void Values_are_clamped_and_rounded()
    {
        var picture = Patterns.Fill(4, 1, (x, _) => (new[] { -7.3f, 12.4f, 12.6f, 300 }[x], 0.49f, float.PositiveInfinity));
        PictureFile.Save(folder["a.png"], picture);
        var back = PictureFile.Load(folder["a.png"]);
        Assert.Equal([0f, 12, 13, 255, 0, 0, 0, 0, 255, 255, 255, 255], back.Rgb);
    }

    [Fact]
    public void Jpeg_lays_transparent_pictures_on_white_and_says_so()
    {
        var picture = Patterns.Fill(16, 16, (_, _) => (10, 20, 30)) with { Alpha = new float[256] };
        Assert.True(PictureFile.Save(folder["a.jpg"], picture).AlphaFlattened);
        var back = PictureFile.Load(folder["a.jpg"]);
        Assert.Null(back.Alpha);
        Assert.All(back.Rgb, v => Assert.InRange(v, 253, 255));
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("a.jpg")]
    [InlineData("a.webp")]
    [InlineData("a.tif")]
    [InlineData("a.avif")]
    public void Settings_travel_with_the_picture(string name)
    {
        string text = "{\"seed\": 7, \"file\": \"B\\u00e4r <&> é ✓ &amp; \\\"q\\\"\"}\n";
        PictureFile.Save(folder[name], Patterns.Gradient(20, 20), new() { Settings = text });
        Assert.Equal(text, PictureFile.ReadSettings(folder[name]));
        PictureFile.Save(folder[name], Patterns.Gradient(20, 20));
        Assert.Null(PictureFile.ReadSettings(folder[name]));
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("a.jpg")]
    [InlineData("a.tif")]
    public void Settings_of_the_longest_length_travel_too(string name)
    {
        string text = new('s', 50_000);
        PictureFile.Save(folder[name], Patterns.Gradient(20, 20), new() { Settings = text });
        Assert.Equal(text, PictureFile.ReadSettings(folder[name]));
    }

    [Fact]
    public void Pictures_are_read_and_written_from_many_threads_at_once()
    {
        var picture = Patterns.Gradient(50, 40);
        Parallel.For(0, 64, i =>
        {
            string name = folder[$"{i}.png"];
            PictureFile.Save(name, picture);
            Assert.Equal(picture.Rgb, PictureFile.Load(name).Rgb);
            Assert.Throws<PictureException>(() => PictureFile.Load(folder["missing.png"]));
        });
    }
}
