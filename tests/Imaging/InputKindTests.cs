using GpuStyle.Imaging;
using NetVips;

namespace GpuStyle.Tests.Imaging;

/// <summary>Files of every kind that a camera, a scanner or a paint program writes; made here with the library itself.</summary>
public sealed class InputKindTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static Image Source(int width = 48, int height = 32)
    {
        var picture = Patterns.Gradient(width, height);
        var bytes = new byte[picture.Rgb.Length];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)picture.Rgb[i % 3 * picture.Pixels + i / 3];
        return Image.NewFromMemory(bytes, width, height, 3, Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Exif_orientation_is_applied(int orientation)
    {
        Source().Mutate(m => m.Set(GValue.GIntType, "orientation", orientation)).WriteToFile(folder["a.tif"]);
        var upright = Patterns.Gradient(48, 32);
        bool turned = orientation >= 5;
        var (width, height) = turned ? (32, 48) : (48, 32);
        var loaded = PictureFile.Load(folder["a.tif"]);
        Assert.Equal((width, height), (loaded.Width, loaded.Height));
        Assert.Equal((width, height), PictureFile.ReadSize(folder["a.tif"]));
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                // Where the standard says that the pixel shown at (x, y) is stored.
                var (column, row) = orientation switch
                {
                    1 => (x, y),
                    2 => (47 - x, y),
                    3 => (47 - x, 31 - y),
                    4 => (x, 31 - y),
                    5 => (y, x),
                    6 => (y, 31 - x),
                    7 => (47 - y, 31 - x),
                    _ => (47 - y, x),
                };
                Assert.Equal(upright.At(column, row), loaded.At(x, y));
            }
        var small = PictureFile.Load(folder["a.tif"], new() { Size = 24 });
        Assert.Equal(turned ? (16, 24) : (24, 16), (small.Width, small.Height));
        Assert.True(Patterns.LargestDifference(PictureFile.Resize(loaded, small.Width, small.Height).Rgb, small.Rgb) < 1);
    }

    [Theory]
    [InlineData(".png")]
    [InlineData(".jpg")]
    [InlineData(".tif")]
    public void Grey_is_repeated(string extension)
    {
        Source()[1].Copy(interpretation: Enums.Interpretation.Bw).WriteToFile(folder["a" + extension]);
        var loaded = PictureFile.Load(folder["a" + extension]);
        Assert.Equal(3 * 48 * 32, loaded.Rgb.Length);
        Assert.Equal(loaded.At(5, 20).R, loaded.At(5, 20).B);
        Assert.InRange(loaded.At(5, 20).G, 20 * 255 / 31 - 1, 20 * 255 / 31 + 1);
        Assert.Null(loaded.Alpha);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Grey_with_alpha(bool sixteen)
    {
        using var grey = Source()[1].Bandjoin(Source()[0]).Copy(interpretation: Enums.Interpretation.Bw);
        var image = sixteen ? (grey * 257).Cast(Enums.BandFormat.Ushort).Copy(interpretation: Enums.Interpretation.Grey16) : grey;
        image.WriteToFile(folder["a.png"]);
        var loaded = PictureFile.Load(folder["a.png"]);
        Assert.Equal(20 * 255 / 31, loaded.At(9, 20).R, 1e-4f);
        Assert.Equal(9 * 255 / 47 / 255f, loaded.Alpha![20 * 48 + 9], 1e-5f);
    }

    [Fact]
    public void Cmyk_goes_through_its_profile()
    {
        using var source = Source();
        source.IccTransform("cmyk", inputProfile: "srgb").WriteToFile(folder["a.jpg"], new VOption { { "Q", 95 } });
        using (var check = Image.NewFromFile(folder["a.jpg"])) Assert.Equal(Enums.Interpretation.Cmyk, check.Interpretation);
        // Printing inks cannot show the strongest colours: expect the picture, not its values.
        Assert.InRange(Patterns.MeanDifference(PictureFile.Load(folder["a.jpg"]).Rgb, Patterns.Gradient(48, 32).Rgb), 0, 25);
    }

    [Fact]
    public void Cmyk_without_a_profile_is_read_too()
    {
        using var inks = Image.NewFromMemory(Enumerable.Repeat(new byte[] { 0, 0, 0, 0 }, 256).SelectMany(p => p).ToArray(), 16, 16, 4, Enums.BandFormat.Uchar);
        inks.Copy(interpretation: Enums.Interpretation.Cmyk).WriteToFile(folder["a.tif"]);
        Assert.All(PictureFile.Load(folder["a.tif"]).Rgb, v => Assert.InRange(v, 240, 255));
    }

    [Fact]
    public void A_wide_gamut_profile_is_converted()
    {
        using var flat = Image.Black(16, 16, bands: 3).Linear([1.0, 1, 1], [200.0, 100, 50], uchar: true).Copy(interpretation: Enums.Interpretation.Srgb);
        flat.WriteToFile(folder["a.png"], new VOption { { "profile", "p3" } });
        var (r, g, b) = PictureFile.Load(folder["a.png"]).At(8, 8);
        // Display P3 (200, 100, 50) in sRGB, by the published matrices and the sRGB curve.
        Assert.Equal(214.9f, r, 0.7f);
        Assert.Equal(92.6f, g, 0.7f);
        Assert.Equal(31f, b, 1.5f);
    }

    [Fact]
    public void An_srgb_profile_changes_nothing()
    {
        using var source = Source();
        source.WriteToFile(folder["a.png"], new VOption { { "profile", "srgb" } });
        Assert.Equal(Patterns.Gradient(48, 32).Rgb, PictureFile.Load(folder["a.png"]).Rgb);
    }

    [Fact]
    public void A_broken_profile_is_ignored()
    {
        using var source = Source();
        source.Mutate(m => m.Set(GValue.BlobType, "icc-profile-data", new byte[200])).WriteToFile(folder["a.tif"]);
        Assert.Equal(Patterns.Gradient(48, 32).Rgb, PictureFile.Load(folder["a.tif"]).Rgb);
    }

    [Fact]
    public void Floating_point_light_and_lab_are_read()
    {
        using var source = Source();
        foreach (var space in new[] { Enums.Interpretation.Scrgb, Enums.Interpretation.Lab })
        {
            source.Colourspace(space).WriteToFile(folder["a.tif"]);
            Assert.True(Patterns.LargestDifference(PictureFile.Load(folder["a.tif"]).Rgb, Patterns.Gradient(48, 32).Rgb) < 1, space.ToString());
        }
    }

    [Theory]
    [InlineData(".tif")]
    [InlineData(".webp")]
    [InlineData(".gif")]
    public void Of_several_pages_the_first_is_read(string extension)
    {
        var pages = Enumerable.Range(0, 3).Select(i => Image.Black(20, 16, bands: 3).Linear([1.0, 1, 1], [60.0 * i + 40, 90, 120], uchar: true)).ToArray();
        Image.Arrayjoin(pages, across: 1).Copy(interpretation: Enums.Interpretation.Srgb).Mutate(m => m.Set(GValue.GIntType, "page-height", 16)).WriteToFile(folder["a" + extension]);
        var loaded = PictureFile.Load(folder["a" + extension]);
        Assert.Equal((20, 16), (loaded.Width, loaded.Height));
        Assert.InRange(loaded.At(10, 8).R, 36, 44);
    }

    [Fact]
    public void A_photograph_is_read_as_it_is_and_smaller()
    {
        string path = FindShared("images/tubingen.jpg");
        Assert.SkipWhen(path.Length == 0, "no photographs beside the repository");
        var full = PictureFile.Load(path);
        Assert.Equal((1024, 768), (full.Width, full.Height));
        Assert.All(full.Rgb.Take(10_000), v => Assert.Equal(MathF.Round(v), v));
        var small = PictureFile.Load(path, new() { Size = 256 });
        Assert.Equal((256, 192), (small.Width, small.Height));
        Assert.True(Patterns.LargestDifference(small.Rgb, PictureFile.Resize(full, 256, 192).Rgb) < 0.02);
    }

    static string FindShared(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "shared", name))) return Path.Combine(at.FullName, "shared", name);
        return "";
    }
}
