using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>Masks: shades of grey, colours that name regions, noise between them, and sizes.</summary>
public sealed class MaskTests
{
    static readonly MaskColour Red = new(255, 0, 0), Blue = new(0, 0, 255), Black = new(0, 0, 0);

    /// <summary>Red to the left, black in the middle, blue to the right; through a JPEG, which mixes colours along the borders.</summary>
    [Fact]
    public void Colours_survive_the_noise_of_a_JPEG()
    {
        using var folder = new TemporaryFolder();
        PictureFile.Save(folder["mask.jpg"], Patterns.Fill(90, 60, (x, _) => x < 29 ? (255, 0, 0) : x < 61 ? (0, 0, 0) : (0, 0, 255)));
        var mask = MaskPicture.Load(folder["mask.jpg"]);
        Assert.False(mask.IsGrey);
        var colours = mask.Colours();
        Assert.Equal(3, colours.Count);
        Assert.All(colours.Zip([Red, Black, Blue]), pair => Assert.InRange(pair.First.To(pair.Second), 0, 40));
        var regions = mask.Regions(colours);
        // A pixel or two along the borders may go to either side.
        Assert.All(regions.Zip([29.0 / 90, 32.0 / 90, 29.0 / 90]), pair => Assert.Equal(pair.Second, pair.First.Share, 0.03));
        for (int i = 0; i < 90 * 60; i++) Assert.InRange(regions.Sum(r => r.Values[i]), 0, 1);
    }

    [Fact]
    public void A_colour_that_is_like_no_region_belongs_to_none()
    {
        var mask = new MaskPicture(Patterns.Fill(20, 20, (x, _) => x < 10 ? (250, 10, 5) : (0, 255, 0)));
        var regions = mask.Regions([Red, Blue]);
        Assert.Equal(0.5, regions[0].Share);
        Assert.Equal(0, regions[1].Share);
    }

    [Fact]
    public void Grey_is_grey_and_soft()
    {
        var mask = new MaskPicture(Patterns.Fill(20, 10, (x, y) => (y * 20, y * 20, y * 20)));
        Assert.True(mask.IsGrey);
        Assert.Equal(60 / 255f, mask.Soft().Values[3 * 20 + 7], 1e-6);
    }

    /// <summary>Small numbers are labels, also beside the level of what is left out and in 16 bits; shades of grey and black and white are none.</summary>
    [Fact]
    public void Labels()
    {
        static MaskPicture Of(Func<int, int> level, float scale = 1)
        {
            var picture = Patterns.Fill(40, 20, (x, _) => (level(x), level(x), level(x)));
            return new(picture with { Rgb = Array.ConvertAll(picture.Rgb, v => v * scale) });
        }
        Assert.Equal([0, 1, 2], Of(x => x / 16).Labels);
        Assert.Equal([0, 1, 2], Of(x => x / 16, 1 / 257f).Labels);
        Assert.Equal([1, 5], Of(x => x < 20 ? 1 : 5).Labels);
        Assert.Equal([0, 1], Of(x => x < 10 ? 1 : x < 30 ? 0 : 255).Labels);
        Assert.True(Of(x => x < 10 ? 3 : 0).IsBinary);
        Assert.Equal(0.25, Of(x => x < 10 ? 1 : x < 30 ? 0 : 255).Soft().Share, 1e-6);
        Assert.Empty(Of(x => x < 20 ? 0 : 255).Labels);
        Assert.Empty(Of(x => x * 6).Labels);
        Assert.Empty(Of(_ => 0).Labels);
        var regions = Of(x => x < 10 ? 1 : x < 30 ? 2 : 255);
        Assert.Equal([0.25, 0.5], regions.Regions(regions.Colours()).Select(r => r.Share));
    }

    [Theory]
    [InlineData("red", 255, 0, 0)]
    [InlineData("#10fF03", 16, 255, 3)]
    public void Colours_by_name_or_number(string text, int red, int green, int blue) => Assert.Equal(new MaskColour(red, green, blue), MaskColour.Parse(text));

    [Theory]
    [InlineData("rouge")]
    [InlineData("#12345")]
    public void Other_words_are_no_colours(string text) => Assert.Null(MaskColour.Parse(text));

    /// <summary>Halving a mask averages what each new pixel covers; growing keeps a ramp a ramp; a constant stays what it is.</summary>
    [Fact]
    public void Sizes()
    {
        var mask = new MaskPlane(4, 2, [0, 1, 1, 1, 0, 0, 1, 1]);
        Assert.Equal([0.25f, 1f], mask.AtSize(1, 2));
        Assert.Same(mask.Values, mask.AtSize(2, 4));
        Assert.All(new MaskPlane(5, 3, [.. Enumerable.Repeat(0.75f, 15)]).AtSize(7, 13), v => Assert.Equal(0.75f, v, 1e-6));
        float[] ramp = new MaskPlane(3, 1, [0, 0.5f, 1]).AtSize(1, 6);
        Assert.Equal(ramp.Order(), ramp);
        Assert.Equal(0.5, ramp.Average(), 1e-6);
    }
}
