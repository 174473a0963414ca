using System.Buffers.Binary;
using System.Diagnostics;
using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>TIFF files that claim what cannot be: they are read or refused in one line, soon and in little memory.</summary>
public sealed class HostileTiffTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Reads a file in every way; null if that is possible, else what is wrong with it.</summary>
    string? Problem(byte[] file)
    {
        string path = folder.Holding("a.tif", file);
        try
        {
            PictureFile.Inspect(path);
            PictureFile.Load(path, new() { MaxPixels = 1_000_000 });
            return null;
        }
        catch (PictureException e)
        {
            Assert.Contains($"'{path}'", e.Message);
            Assert.DoesNotContain('\n', e.Message);
            return e.Message;
        }
    }

    /// <summary>
    /// Directories one behind the other, each with so many equal entries of a tag that is read, 64 values each, at one place.
    /// </summary>
    static byte[] Chain(int directories, int entries)
    {
        const int Start = 8 + 2 * 64;
        int bytes = 2 + 12 * entries + 4;
        var file = new byte[Start + directories * bytes];
        "II*\0"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), Start);
        for (int d = 0; d < directories; d++)
        {
            var at = file.AsSpan(Start + d * bytes, bytes);
            BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)entries);
            for (int e = 0; e < entries; e++)
            {
                var entry = at.Slice(2 + 12 * e, 12);
                BinaryPrimitives.WriteUInt16LittleEndian(entry, 258);
                BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], 3);
                BinaryPrimitives.WriteInt32LittleEndian(entry[4..], 64);
                BinaryPrimitives.WriteInt32LittleEndian(entry[8..], 8);
            }
            if (d < directories - 1) BinaryPrimitives.WriteInt32LittleEndian(at[^4..], Start + (d + 1) * bytes);
        }
        return file;
    }

    /// <summary>Each directory is the one subdirectory of the one before.</summary>
    static byte[] Nest(int directories)
    {
        const int Bytes = 2 + 12 + 4;
        var file = new byte[8 + directories * Bytes];
        "II*\0\x08\0\0\0"u8.CopyTo(file);
        for (int d = 0; d < directories; d++)
        {
            var at = file.AsSpan(8 + d * Bytes, Bytes);
            (at[0], at[4], at[6]) = (1, 4, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], 330);
            BinaryPrimitives.WriteInt32LittleEndian(at[10..], 8 + (d + 1) * Bytes);
        }
        return file;
    }

    [Theory]
    [InlineData(10_000, 100)]
    [InlineData(30, 60_000)]
    [InlineData(100_000, 1)]
    public void Many_entries_are_read_within_a_budget(int directories, int entries)
    {
        using var file = new MemoryStream(Chain(directories, entries));
        var watch = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        var pages = TiffDirectory.Pages(file);
        Assert.InRange(pages.Count, 1, 10_000);
        // The values of one entry take about 1 KB in passing: of all 1.8 million of the second file that would be 1.8 GB. Within the budget
        // 200,000 entries are read, of which 15,625 have their values taken.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 150 << 20);
        // Some 0.2 s alone on a machine; others may be busy on it.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void Deep_subdirectories_end()
    {
        int depth = 0;
        for (var at = TiffDirectory.Pages(new MemoryStream(Nest(50_000)))[0]; at is not null; at = at.Children.FirstOrDefault()) depth++;
        Assert.InRange(depth, 2, 9);
        Assert.NotNull(Problem(Nest(50_000)));
    }

    [Fact]
    public void More_values_than_the_file_can_hold_are_no_values()
    {
        foreach (bool big in new[] { false, true })
            foreach (int tag in new[] { 258, 273, 279, 338 })
                foreach (bool planar in new[] { false, true })
                {
                    var maker = new TiffMaker(littleEndian: true, big);
                    double[] samples = new double[4 * 20 * 15];
                    byte[] file = maker.File(maker.Make(20, 15, 4, 8, 2, samples, planar: planar, extra: [0], cut: new(Rows: 2)));
                    int directory = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(big ? 8 : 4));
                    for (int at = directory + (big ? 8 : 2); at + 12 < file.Length; at += big ? 20 : 12)
                        if (BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at)) == tag)
                            file.AsSpan(at + 4, big ? 8 : 4).Fill(0x7F);
                    Assert.False(TiffDirectory.Pages(new MemoryStream(file))[0].Has(tag));
                    Problem(file);
                }
    }

    [Fact]
    public void More_bands_than_any_picture_has_are_refused()
    {
        var maker = new TiffMaker();
        var page = maker.Make(4, 4, 3, 8, 2, new double[48], planar: true);
        page.Tags[277] = [60_000];
        Assert.Contains("(60000 bands; 1000 are the most)", Problem(maker.File(page)));
    }

    /// <summary>A band without a meaning is not even looked at: its pixels may lie anywhere.</summary>
    [Fact]
    public void Planes_without_a_meaning_are_not_decoded()
    {
        const int Extra = 900;
        var maker = new TiffMaker();
        double[] samples = [.. Enumerable.Range(0, (3 + Extra) * 6).Select(i => (double)(i % (3 + Extra)))];
        var picture = PictureFile.Load(folder.Holding("a.tif", maker.File(maker.Make(3, 2, 3 + Extra, 8, 2, samples, planar: true))));
        Assert.Null(picture.Alpha);
        Assert.Equal((0f, 1f, 2f), picture.At(1, 1));
    }

    [Fact]
    public void Any_damage_ends_in_a_picture_or_one_line()
    {
        var random = new Random(5);
        for (int i = 0; i < 400; i++)
        {
            var maker = new TiffMaker(random.Next(2) == 0, random.Next(2) == 0);
            var page = maker.Make(20, 15, 4, 8, 2, new double[4 * 20 * 15], planar: random.Next(2) == 0, extra: [random.Next(3)],
                cut: random.Next(2) == 0 ? new(Rows: 4) : new(Tile: 16));
            page.Children.Add(maker.Make(5, 5, 1, 8, 1, new double[25]));
            byte[] file = maker.File(page);
            // Most of a file is pixels; what they are is all the same.
            int directory = Math.Max(0, file.Length - 600);
            for (int flips = random.Next(1, 6); flips > 0; flips--)
                file[random.Next(4) == 0 ? random.Next(16) : random.Next(directory, file.Length)] = (byte)random.Next(256);
            Problem(file);
        }
    }
}
