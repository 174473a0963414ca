using GpuStyle.Imaging;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Imaging;

/// <summary>Which picture of a TIFF-like file is read, and which files are none for this program.</summary>
[Trait("Needs", "real files")]
public sealed class PageChoiceTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static TiffMaker.Page Flat(TiffMaker maker, int width, int height, int level, int photometric = 2, params (int Tag, long Value)[] tags)
    {
        int bands = photometric == 2 ? 3 : 1;
        var page = maker.Make(width, height, bands, 8, photometric, [.. Enumerable.Repeat((double)level, width * height * bands)]);
        foreach (var (tag, value) in tags) page.Tags[tag] = [value];
        return page;
    }

    [Theory]
    [InlineData(254, 1, false, false)]
    [InlineData(255, 2, true, false)]
    [InlineData(254, 1, false, true)]
    [InlineData(254, 1, true, true)]
    public void The_full_image_behind_a_thumbnail_is_read(int tag, int value, bool big, bool child)
    {
        var maker = new TiffMaker(littleEndian: !big, big);
        var (thumbnail, full) = (Flat(maker, 20, 15, 10, 2, (tag, value), (274, 6)), Flat(maker, 40, 30, 200));
        if (child) thumbnail.Children.AddRange([Flat(maker, 30, 20, 50, 2, (254, 1)), full]);
        string path = folder.Holding("a.tif", child ? maker.File(thumbnail) : maker.File(thumbnail, full));
        // A subdirectory without an orientation has its file's.
        var size = child ? (30, 40) : (40, 30);
        Assert.Equal(size, PictureFile.ReadSize(path));
        Assert.Contains(PictureFile.Inspect(path).Notes, n => n.Contains("its first page is a thumbnail"));
        var loaded = PictureFile.Load(path);
        Assert.Equal(size, (loaded.Width, loaded.Height));
        Assert.All(loaded.Rgb, v => Assert.Equal(200, v));
    }

    [Theory]
    [InlineData(262, 32803)]
    [InlineData(262, 34892)]
    [InlineData(259, 34713)]
    public void A_sensors_values_behind_a_thumbnail_are_refused(int tag, int value)
    {
        var maker = new TiffMaker();
        var thumbnail = Flat(maker, 20, 15, 10, 2, (254, 1));
        thumbnail.Children.Add(Flat(maker, 40, 30, 200, 1, (tag, value)));
        string path = folder.Holding("a.tif", maker.File(thumbnail));
        Action[] ways = [() => PictureFile.ReadSize(path), () => PictureFile.Load(path), () => PictureFile.Inspect(path)];
        foreach (var read in ways)
            Assert.Contains("it is a camera's raw file; develop it first", Assert.Throws<PictureException>(read).Message);
    }

    [Fact]
    public void A_thumbnail_whose_image_cannot_be_decoded_is_refused()
    {
        var maker = new TiffMaker();
        string path = folder.Holding("a.tif", maker.File(Flat(maker, 20, 15, 10, 2, (254, 1)), Flat(maker, 10, 8, 10, 2, (254, 1))));
        Assert.Contains("it holds only a thumbnail", Assert.Throws<PictureException>(() => PictureFile.Load(path)).Message);
    }

    [Fact]
    public void Of_pages_without_marks_the_first_is_read_and_the_others_are_told()
    {
        var maker = new TiffMaker();
        string path = folder.Holding("a.tif", maker.File(Flat(maker, 20, 15, 10), Flat(maker, 40, 30, 200), Flat(maker, 20, 15, 30)));
        Assert.Equal((20, 15), PictureFile.ReadSize(path));
        Assert.Contains(
            PictureFile.Inspect(path).Notes, n => n.Contains("the first of its 3 pages is used") && n.Contains("page 2 is larger"));
    }

    [Fact]
    public void Directories_that_lead_in_a_circle_or_outside_end()
    {
        var maker = new TiffMaker();
        byte[] file = maker.File(Flat(maker, 20, 15, 10));
        foreach (byte[] next in new byte[][] { file[4..8], [0xF0, 0xFF, 0xFF, 0x7F] })
        {
            byte[] changed = [.. file[..^4], .. next];
            Assert.Single(TiffDirectory.Pages(new MemoryStream(changed)));
        }
    }

    [Fact]
    public void Reported_files_are_read_in_full()
    {
        foreach (string name in new[] { "thumb_first.tif", "raw_like.nef" })
            Assert.Equal((192, 144), PictureFile.ReadSize(SharedFiles.Require("field-reports/inputs/" + name)));
    }
}
