using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

public sealed class SideBySideTests
{
    [Fact]
    public void Pictures_stand_in_a_row_with_margins_and_centred()
    {
        var left = Patterns.Gradient(10, 8);
        var right = Patterns.Gradient(6, 4);
        var row = SideBySide.Compose([left, right], margin: 2, background: 200);
        Assert.Equal((10 + 6 + 3 * 2, 8 + 2 * 2), (row.Width, row.Height));
        Assert.Equal(left.At(3, 5), row.At(2 + 3, 2 + 5));
        Assert.Equal(right.At(5, 3), row.At(14 + 5, 4 + 3));
        Assert.Equal((200f, 200f, 200f), row.At(0, 0));
        Assert.Equal((200f, 200f, 200f), row.At(15, 3));
        Assert.Equal((200f, 200f, 200f), row.At(13, 6));
    }

    [Fact]
    public void Transparency_shows_the_background()
    {
        var clear = Patterns.Fill(2, 1, (_, _) => (100, 0, 50)) with { Alpha = [0, 0.5f] };
        var row = SideBySide.Compose([clear], margin: 0, background: 200);
        Assert.Equal((200f, 200f, 200f), row.At(0, 0));
        Assert.Equal((150f, 100f, 125f), row.At(1, 0));
        Assert.Throws<ArgumentException>(() => SideBySide.Compose([]));
    }
}
