using System.Security.Cryptography;
using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>The pictures of the demo: the same everywhere, well formed at any size, and not flat.</summary>
public sealed class ProceduralPictureTests
{
    static Picture Make(string name, int width, int height) => name switch
    {
        "landscape" => ProceduralPictures.Landscape(width, height),
        "painting" => ProceduralPictures.Painting(width, height),
        "mosaic" => ProceduralPictures.Mosaic(width, height),
        _ => ProceduralPictures.LandscapeRegions(width, height),
    };

    /// <summary>Whoever changes a picture on purpose looks at it and puts the new hash here.</summary>
    [Theory]
    [InlineData("landscape", "3d759ee74be298ca")]
    [InlineData("painting", "ad8ea6984f05f4cc")]
    [InlineData("mosaic", "a4b49c90375dfcdc")]
    [InlineData("regions", "7e292a5ea0cd7866")]
    public void The_same_on_every_machine(string name, string expected)
    {
        var bytes = Array.ConvertAll(Make(name, 160, 120).Rgb, v => (byte)MathF.Round(v));
        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]);
    }

    [Theory]
    [InlineData("landscape")]
    [InlineData("painting")]
    [InlineData("mosaic")]
    public void Finite_in_range_and_full_of_contrast_at_any_size(string name)
    {
        foreach (var (width, height) in new[] { (16, 16), (96, 72), (33, 170), (200, 41), (300, 17) })
        {
            var picture = Make(name, width, height);
            Assert.Equal((width, height, 3 * width * height), (picture.Width, picture.Height, picture.Rgb.Length));
            Assert.Null(picture.Alpha);
            Assert.All(picture.Rgb, v => Assert.InRange(v, 0, 255));
            double mean = picture.Rgb.Average(), deviation = Math.Sqrt(picture.Rgb.Average(v => (v - mean) * (v - mean)));
            Assert.InRange(deviation, 30, 110);
        }
    }

    [Theory]
    [InlineData("landscape", 12)]
    [InlineData("painting", 16)]
    [InlineData("mosaic", 12)]
    public void The_same_composition_at_every_size(string name, double tolerance)
    {
        var large = PictureFile.Resize(Make(name, 320, 240), 80, 60);
        var small = PictureFile.Resize(Make(name, 160, 120), 80, 60);
        Assert.InRange(Patterns.MeanDifference(large.Rgb, small.Rgb), 0, tolerance);
    }

    [Fact]
    public void Too_few_pixels_are_refused() => Assert.Throws<ArgumentException>(() => ProceduralPictures.Landscape(15, 100));
}
