using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>Tests that measure what the whole process allocates, and so run when no others do.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessMemory
{
    public const string Name = "Memory of the process";
}

/// <summary>Pictures that are never in memory as a whole.</summary>
[Collection(ProcessMemory.Name)]
public sealed class StripTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Several strips, the last one shorter, of every depth and format that loses nothing.</summary>
    [Theory]
    [InlineData("a.png", 8, false)]
    [InlineData("a.png", 16, true)]
    [InlineData("a.tif", 16, false)]
    [InlineData("a.tif", 8, true)]
    [InlineData("a.webp", 8, true)]
    public void Rows_come_back_as_they_were_given(string name, int bits, bool alpha)
    {
        const int Width = 1300, Height = 2111;
        PictureFile.SaveRows(folder[name], new(Width, Height, Rows(Width, 3), alpha ? Rows(Width, 1) : null), new() { Bits = bits });
        int next = 0;
        PictureFile.LoadRows(folder[name], new(), (top, rgb, opacity) =>
        {
            Assert.Equal(next, top);
            int count = rgb.Length / 3;
            Assert.Equal(alpha ? count : 0, opacity.Length);
            Assert.True(count < Width * Height / 2, "that is no strip");
            var expected = new float[rgb.Length];
            Rows(Width, 3)(top, expected);
            Assert.True(rgb.SequenceEqual(expected), $"rows from {top} on differ");
            Rows(Width, 1)(top, expected.AsSpan(0, opacity.Length));
            for (int i = 0; i < opacity.Length; i++) Assert.Equal(expected[i], opacity[i], 1e-6);
            next += count / Width;
        });
        Assert.Equal(Height, next);
    }

    /// <summary>A picture of 50 megapixels in fewer bytes than one of its planes has as floats.</summary>
    [Fact]
    public void A_large_picture_takes_the_memory_of_its_strips()
    {
        const int Width = 10_000, Height = 5_000;
        long before = GC.GetTotalAllocatedBytes(precise: true);
        PictureFile.SaveRows(folder["a.tif"], new(Width, Height, Flat), new());
        double sum = 0;
        PictureFile.LoadRows(folder["a.tif"], new() { Size = 500 }, (_, rgb, _) =>
        {
            foreach (float value in rgb) sum += value;
        });
        Assert.Equal(50, sum / (3 * 500 * 250), 0.5);
        long taken = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.InRange(taken, 1, 4L * Width * Height);

        static void Flat(int top, Span<float> rows) => rows.Fill(50);
    }

    [Fact]
    public void A_row_that_is_no_number_is_named_and_leaves_nothing_behind()
    {
        var error = Assert.Throws<PictureException>(() => PictureFile.SaveRows(folder["a.png"], new(700, 4000, (top, rows) => rows.Fill(top > 2000 ? float.NaN : 1)), new()));
        Assert.Contains("no number", error.Message);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void What_a_sink_throws_comes_through()
    {
        PictureFile.Save(folder["a.png"], Patterns.Gradient(40, 30));
        Assert.Throws<InvalidTimeZoneException>(() => PictureFile.LoadRows(folder["a.png"], new(), (_, _, _) => throw new InvalidTimeZoneException()));
    }

    /// <summary>Integers that differ from row to row and channel to channel; opacity in multiples of 1/255.</summary>
    static RowSource Rows(int width, int channels) => (top, rows) =>
    {
        int count = rows.Length / channels;
        for (int i = 0; i < rows.Length; i++)
        {
            int c = i / count, y = top + i % count / width, x = i % count % width, value = (7 * y + 3 * x + 50 * c) % 256;
            rows[i] = channels == 1 ? value / 255f : value;
        }
    };
}
