using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>Sizes, linear light, overshoot and alpha when resizing.</summary>
public sealed class ResizeTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1024, 768, 256, 256, 192)]
    [InlineData(768, 1024, 256, 192, 256)]
    [InlineData(451, 300, 224, 224, 149)]
    [InlineData(1000, 3, 100, 100, 1)]
    [InlineData(10, 4, 1, 1, 1)]
    [InlineData(10, 4, 20, 20, 8)]
    [InlineData(3, 2, 1, 1, 1)]
    [InlineData(640, 427, 0, 640, 427)]
    public void The_longest_side_decides(int width, int height, int longest, int expectedWidth, int expectedHeight) =>
        Assert.Equal((expectedWidth, expectedHeight), PictureSize.Fit(width, height, longest));

    [Fact]
    public void Loading_at_a_size_is_loading_and_resizing()
    {
        var picture = Patterns.Gradient(200, 120);
        PictureFile.Save(folder["a.png"], picture);
        var loaded = PictureFile.Load(folder["a.png"], new() { Size = 77 });
        Assert.Equal((77, 46), (loaded.Width, loaded.Height));
        Assert.True(Patterns.LargestDifference(loaded.Rgb, PictureFile.Resize(picture, 77, 46).Rgb) < 0.02);
        var exact = PictureFile.Load(folder["a.png"], new() { Size = 77, Exact = (30, 90) });
        Assert.Equal((30, 90), (exact.Width, exact.Height));
        Assert.Equal((200, 120), PictureFile.ReadSize(folder["a.png"]));
    }

    [Fact]
    public void Every_size_is_met_exactly_and_a_flat_colour_stays_flat()
    {
        var random = new Random(3);
        for (int i = 0; i < 60; i++)
        {
            int width = random.Next(1, 300), height = random.Next(1, 300), toWidth = random.Next(1, 300), toHeight = random.Next(1, 300);
            var resized = PictureFile.Resize(Patterns.Fill(width, height, (_, _) => (1, 64, 254)), toWidth, toHeight);
            Assert.Equal((toWidth, toHeight), (resized.Width, resized.Height));
            var flat = Patterns.Fill(toWidth, toHeight, (_, _) => (1, 64, 254));
            Assert.True(Patterns.LargestDifference(flat.Rgb, resized.Rgb) < 0.03, $"{width}x{height} to {toWidth}x{toHeight}");
        }
    }

    [Fact]
    public void Light_is_averaged_and_not_its_encoding()
    {
        var stripes = Patterns.Fill(256, 256, (x, _) => x % 2 == 0 ? (0, 0, 0) : (255, 255, 255));
        var resized = PictureFile.Resize(stripes, 32, 32);
        // Half the light is 188 in sRGB; averaging encoded values would give 128.
        Assert.All(Enumerable.Range(8, 16), x => Assert.InRange(resized.At(x, 16).G, 186, 190));
    }

    [Theory]
    [InlineData(19)]
    [InlineData(150)]
    public void Overshoot_is_clamped(int size)
    {
        var edge = Patterns.Fill(64, 64, (x, y) => (x / 8 + y / 8) % 2 == 0 ? (0, 0, 0) : (255, 255, 255));
        Assert.All(PictureFile.Resize(edge, size, size).Rgb, v => Assert.InRange(v, 0, 255));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(150)]
    public void Transparent_pixels_leave_no_dark_fringe(int size)
    {
        var picture = Patterns.Fill(64, 64, (x, _) => x < 32 ? (220, 180, 40) : (0, 0, 0)) with { Alpha = [.. Enumerable.Range(0, 4096).Select(i => i % 64 < 32 ? 1f : 0)] };
        var resized = PictureFile.Resize(picture, size, size);
        for (int i = 0; i < resized.Pixels; i++)
        {
            Assert.InRange(resized.Alpha![i], 0, 1);
            if (resized.Alpha[i] > 0.05) Assert.InRange(resized.Rgb[i], 218, 222);
        }
    }

    [Fact]
    public void Nothing_shifts_when_the_scale_changes()
    {
        var blob = Patterns.Fill(120, 120, (x, y) => (255 * MathF.Exp(-((x - 59.5f) * (x - 59.5f) + (y - 59.5f) * (y - 59.5f)) / 200), 0, 0));
        foreach (int size in new[] { 30, 47, 60, 121, 240, 333 })
        {
            var resized = PictureFile.Resize(blob, size, size);
            double weight = 0, column = 0, row = 0;
            for (int y = 0; y < size; y++)
                for (int x = 0; x < size; x++)
                {
                    double value = resized.At(x, y).R;
                    (weight, column, row) = (weight + value, column + value * (x + 0.5), row + value * (y + 0.5));
                }
            // In pixels of the source.
            Assert.Equal(60, column / weight * 120 / size, 0.02);
            Assert.Equal(60, row / weight * 120 / size, 0.02);
        }
    }

    [Fact]
    public void Its_own_size_gives_the_same_picture_back()
    {
        var picture = Patterns.Fill(5, 5, (_, _) => (-3, 300, 1.25f));
        Assert.Same(picture, PictureFile.Resize(picture, 5, 5));
        Assert.Throws<ArgumentException>(() => PictureFile.Resize(picture, 0, 5));
    }
}
