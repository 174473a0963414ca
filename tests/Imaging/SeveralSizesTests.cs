using GpuStyle.Imaging;
using NetVips;

namespace GpuStyle.Tests.Imaging;

/// <summary>A file that is read again for each size it is wanted at, instead of being held.</summary>
[Trait("Takes", "long")]
public sealed class SeveralSizesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Value for value what loading and then resizing gives: at its own size and made smaller first, with and without opacity, of 8 and 16 bits, turned.</summary>
    [Theory]
    [InlineData("a.png", 8, false, 1, 0)]
    [InlineData("a.png", 8, true, 1, 0)]
    [InlineData("a.png", 8, true, 1, 301)]
    [InlineData("a.png", 16, true, 1, 0)]
    [InlineData("a.png", 16, false, 1, 900)]
    [InlineData("a.jpg", 8, false, 1, 0)]
    [InlineData("a.jpg", 8, false, 1, 512)]
    [InlineData("a.tif", 8, false, 6, 0)]
    [InlineData("a.tif", 8, true, 3, 400)]
    public void Reading_again_is_loading_and_resizing(string name, int bits, bool alpha, int orientation, int size)
    {
        var picture = Patterns.Gradient(733, 521, alpha);
        for (int i = 0; i < picture.Rgb.Length; i += 7) picture.Rgb[i] = i % 251;
        PictureFile.Save(folder["whole-" + name], picture, new() { Bits = bits });
        using (var image = Image.NewFromFile(folder["whole-" + name]))
        using (var turned = image.Mutate(m => m.Set(GValue.GIntType, "orientation", orientation)))
            turned.WriteToFile(folder[name]);
        var loaded = PictureFile.Load(folder[name], new() { Size = size });
        foreach (var (width, height) in new[] { (loaded.Width, loaded.Height), (loaded.Width / 2, (loaded.Height + 1) / 2), (173, 91), (91, 173), (loaded.Width + 60, 100) })
        {
            var expected = PictureFile.Resize(loaded, width, height);
            var again = PictureFile.Load(folder[name], new() { Size = size, Then = (width, height) });
            Assert.Equal((width, height), (again.Width, again.Height));
            Assert.True(again.Rgb.SequenceEqual(expected.Rgb), $"{width}x{height}: {Patterns.LargestDifference(again.Rgb, expected.Rgb)}");
            Assert.Equal(expected.Alpha is null, again.Alpha is null);
            if (again.Alpha is { } opacity) Assert.True(opacity.SequenceEqual(expected.Alpha!), $"opacity at {width}x{height}");
        }
    }

    [Fact]
    public void The_limit_of_pixels_holds_for_each_size()
    {
        PictureFile.Save(folder["a.png"], Patterns.Gradient(100, 50));
        Assert.Contains("would be resized to 1000 x 500", Assert.Throws<PictureException>(() => PictureFile.Load(folder["a.png"], new() { Then = (1000, 500), MaxPixels = 5000 })).Message);
    }

    /// <summary>A turned picture of more than 100 MB waits in a file, not in memory.</summary>
    [Fact]
    public void A_large_picture_is_turned_by_way_of_a_file()
    {
        const int Width = 6000, Height = 6100;
        using (var places = Image.Xyz(Width, Height))
        using (var values = (places.Bandjoin(places[0] + places[1]) & 255).Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb))
        using (var turned = values.Mutate(m => m.Set(GValue.GIntType, "orientation", 6)))
            turned.WriteToFile(folder["a.tif"]);
        string[] Waiting() => Directory.GetFiles(Path.GetTempPath(), "gpustyle-*.v");
        string[] before = Waiting(), during = [];
        int next = 0, wrong = 0;
        PictureFile.LoadRows(folder["a.tif"], new(), (top, rgb, _) =>
        {
            Assert.Equal(next, top);
            during = [.. Waiting().Except(before)];
            int plane = rgb.Length / 3;
            // Orientation 6: what is shown at (x, y) is stored at (y, height - 1 - x).
            for (int i = 0; i < plane; i += 977)
            {
                int x = i % Height, y = top + i / Height, column = y, row = Height - 1 - x;
                wrong += rgb[i] == column % 256 && rgb[plane + i] == row % 256 && rgb[2 * plane + i] == (column + row) % 256 ? 0 : 1;
            }
            next += plane / Height;
        });
        Assert.Equal((Width, 0), (next, wrong));
        Assert.NotEmpty(during);
        Assert.Empty(during.Intersect(Waiting()));
    }

    [Fact]
    public void Opacity_comes_back_in_other_strips_than_it_came_in()
    {
        float[] values = [.. Enumerable.Range(0, 7 * 5).Select(i => i / 255f)];
        var plane = new AlphaPlane();
        plane.Add(values.AsSpan(0, 14));
        plane.Add(values.AsSpan(14, 7));
        plane.Add(values.AsSpan(21, 14));
        var rows = plane.Rows(7);
        for (int top = 0; top < 5; top++)
            for (int count = 1; count <= 5 - top; count++)
            {
                var read = new float[7 * count];
                rows(top, read);
                for (int i = 0; i < read.Length; i++) Assert.Equal(values[7 * top + i], read[i], 1e-6f);
            }
        Assert.Throws<ArgumentException>(() => rows(4, new float[14]));
    }
}
