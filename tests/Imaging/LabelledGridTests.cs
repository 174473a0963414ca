using GpuStyle.Imaging;
using GpuStyle.Imaging.Sheets;

namespace GpuStyle.Tests.Imaging;

public sealed class LabelledGridTests
{
    [Fact]
    public void Cells_stand_in_line_and_missing_ones_are_grey()
    {
        var picture = Patterns.Gradient(64, 40);
        var sheet = LabelledGrid.Compose([picture, null, picture, picture], new("rows", ["a", "b"]), new("columns", ["1", "2"]));
        int left = sheet.Width - 2 * 68, top = sheet.Height - 2 * 44;
        Assert.Equal(picture.At(5, 7), sheet.At(left + 5, top + 7));
        Assert.Equal((232f, 232f, 232f), sheet.At(left + 68 + 30, top + 20));
        Assert.Equal(picture.At(63, 39), sheet.At(left + 68 + 63, top + 44 + 39));
        Assert.Equal((255f, 255f, 255f), sheet.At(left + 65, top + 20));
        Assert.Throws<ArgumentException>(() => LabelledGrid.Compose([null], null, new("c", ["1"])));
        Assert.Throws<ArgumentException>(() => LabelledGrid.Compose([picture], null, new("c", ["1", "2"])));
    }

    [Fact]
    public void Every_character_of_ascii_has_dots_of_its_own()
    {
        var seen = new HashSet<string>();
        for (char c = ' '; c <= '~'; c++)
        {
            var picture = Patterns.Fill(6, 8, (_, _) => (255, 255, 255));
            PixelText.Draw(picture, c.ToString(), 0, 0, 1, 0);
            Assert.True(seen.Add(string.Join(',', picture.Rgb)), $"'{c}' looks like another");
        }
    }

    [Theory]
    [InlineData("relu1_1", 10, "relu1_1")]
    [InlineData("noise, seed 3", 10, "noise,|seed 3")]
    [InlineData("relu1_1,relu2_1,relu3_1,relu4_1", 10, "relu1_1,|relu2_1,|relu3_1,..")]
    [InlineData("abcdefghijklmnop", 10, "abcdefghij|klmnop")]
    public void Labels_are_wrapped(string text, int characters, string lines) => Assert.Equal(lines, string.Join('|', PixelText.Wrap(text, characters, 3)));
}
