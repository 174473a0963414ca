using GpuStyle.Imaging;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Imaging;

/// <summary>What a band is, is said by the file: colours that were written come back, with any bands, samples and layout.</summary>
[Trait("Needs", "real files")]
public sealed class BandMeaningTests : IDisposable
{
    const int Width = 7, Height = 5, Pixels = Width * Height;
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly (int Bits, bool Real, bool Signed)[] Formats =
    [
        (8, false, false), (16, false, false), (32, false, false), (8, false, true), (16, false, true), (32, false, true),
        (16, true, false), (32, true, false),
    ];

    /// <summary>Every photometric kind with every format, planes or not, and extra bands of every meaning in any order.</summary>
    [Fact]
    public void Colours_and_alpha_of_any_tiff_are_those_that_were_written()
    {
        var random = new Random(11);
        int[][] extras = [[], [0], [1], [2], [0, 2], [2, 0], [0, 0, 1]];
        foreach (int photometric in new[] { 0, 1, 2 })
            foreach (var (bits, real, signed) in Formats)
                foreach (int[] extra in extras)
                    foreach (bool planar in new[] { false, true })
                        Check(random, photometric, bits, real, signed, extra, planar, Width, Height, new());
    }

    /// <summary>Strips, the last of them shorter, and tiles that go beyond the picture; of planes each has its own.</summary>
    [Theory]
    [InlineData(2, 0)]
    [InlineData(0, 16)]
    public void However_the_pixels_are_cut(int rows, int tile)
    {
        var random = new Random(12);
        foreach (int photometric in new[] { 0, 2 })
            foreach (var (bits, real, signed) in Formats)
                foreach (int[] extra in new int[][] { [], [0, 2], [1] })
                    foreach (bool planar in new[] { false, true })
                        Check(random, photometric, bits, real, signed, extra, planar, 21, 19, new(rows, tile));
    }

    void Check(
        Random random, int photometric, int bits, bool real, bool signed, int[] extra, bool planar,
        int width, int height, TiffMaker.Cut cut)
    {
        int colours = photometric == 2 ? 3 : 1, bands = colours + extra.Length, pixels = width * height;
        int at = Array.FindIndex(extra, e => e > 0);
        double least = real ? 0 : signed ? -Math.Pow(2, bits - 1) : 0, range = real ? 1 : Math.Pow(2, bits) - 1;
        bool premultiplied = at >= 0 && extra[at] == 1;
        double[] stored = new double[pixels * bands], share = new double[stored.Length];
        for (int i = 0; i < pixels; i++)
        {
            for (int b = 0; b < bands; b++)
                share[i * bands + b] = b >= colours ? 0.25 + 0.75 * random.NextDouble() : random.NextDouble();
            if (premultiplied)
                for (int b = 0; b < colours; b++) share[i * bands + b] *= share[i * bands + colours + at];
            for (int b = 0; b < bands; b++)
            {
                double value = least + share[i * bands + b] * range;
                stored[i * bands + b] = real ? bits == 16 ? (double)(Half)value : (float)value : Math.Round(value);
                share[i * bands + b] = (stored[i * bands + b] - least) / range;
            }
        }
        var maker = new TiffMaker(random.Next(2) == 0, random.Next(2) == 0);
        string path = folder.Holding("a.tif", maker.File(maker.Make(
            width, height, bands, bits, photometric, stored, real, signed, planar && bands > 1, extra.Length == 0 ? null : extra, cut)));
        string of = $"photometric {photometric}, {bits} bits, {(real ? "real" : signed ? "signed" : "unsigned")}, " +
            $"extra {string.Join(' ', extra)}, planar {planar}, {cut}";

        var picture = PictureFile.Load(path);
        Assert.True(picture.Alpha is not null == at >= 0, of);
        for (int i = 0; i < pixels; i++)
        {
            double opacity = at < 0 ? 1 : share[i * bands + colours + at];
            if (at >= 0) Assert.True(Math.Abs(picture.Alpha![i] - opacity) < 1e-5, of);
            for (int c = 0; c < 3; c++)
            {
                double value = share[i * bands + (colours == 3 ? c : 0)];
                if (premultiplied) value = Math.Min(1, value / opacity);
                if (photometric == 0) value = 1 - value;
                double expected = real ? 255 * Srgb(value) : 255 * value;
                // Integers of 8 and 16 bits exactly; others are rounded to 16 bits, before the division by an opacity of at least 1/4, and
                // curves are the library's.
                double tolerance = !real && bits <= 16 && !premultiplied ? 1e-4 : real || premultiplied && bits == 32 ? 0.02 : 0.004;
                float got = picture.Rgb[c * pixels + i];
                Assert.True(Math.Abs(got - expected) < tolerance, $"{of}: {got} for {expected}");
            }
        }
        var notes = PictureFile.Inspect(path).Notes;
        int dropped = extra.Length - (at < 0 ? 0 : 1);
        Assert.True(notes.Any(n => n.Contains("ExtraSamples")) == dropped > 0, of);
        Assert.All(notes, n => Assert.StartsWith($"'{path}': ", n));
    }

    static double Srgb(double light) => light <= 0.0031308 ? 12.92 * light : 1.055 * Math.Pow(light, 1 / 2.4) - 0.055;

    /// <summary>Samples that share bytes, in strips whose rows end within one, as grey or as indices of a palette.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Few_bits_and_palettes(int bits)
    {
        var random = new Random(bits);
        int most = (1 << bits) - 1;
        double[] samples = [.. Enumerable.Range(0, Pixels).Select(_ => (double)random.Next(most + 1))];
        int[] palette = [.. Enumerable.Range(0, 3 << bits).Select(_ => random.Next(256))];
        foreach (int photometric in new[] { 0, 1, 3 })
            foreach (var cut in new TiffMaker.Cut[] { new(), new(Rows: 2), new(Tile: 16) })
            {
                var maker = new TiffMaker(littleEndian: random.Next(2) == 0);
                var page = maker.Make(Width, Height, 1, bits, photometric, samples, cut: cut);
                if (photometric == 3) page.Tags[320] = [.. palette.Select(v => 257L * v)];
                var picture = PictureFile.Load(folder.Holding("a.tif", maker.File(page)));
                Assert.Null(picture.Alpha);
                for (int i = 0; i < Pixels; i++)
                    for (int c = 0; c < 3; c++)
                    {
                        int index = (int)samples[i];
                        float expected = photometric switch
                        {
                            0 => 255f * (most - index) / most,
                            1 => 255f * index / most,
                            _ => palette[(c << bits) + index],
                        };
                        Assert.Equal(expected, picture.Rgb[c * Pixels + i], 1e-4f);
                    }
            }
    }

    [Fact]
    public void A_palette_in_planes()
    {
        var maker = new TiffMaker();
        double[] samples = [.. Enumerable.Range(0, 2 * Pixels).Select(i => (double)(i % 2 == 0 ? i / 2 : 200))];
        var page = maker.Make(Width, Height, 2, 8, 3, samples, planar: true, extra: [2], cut: new(Rows: 2));
        page.Tags[320] = [.. Enumerable.Range(0, 768).Select(i => 257L * (i * 7 % 256))];
        var picture = PictureFile.Load(folder.Holding("a.tif", maker.File(page)));
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < Pixels; i++) Assert.Equal((256 * c + i) * 7 % 256, picture.Rgb[c * Pixels + i]);
        Assert.All(picture.Alpha!, a => Assert.Equal(200 / 255f, a, 1e-6f));
    }

    [Fact]
    public void Opacity_weighs_the_same_whether_a_picture_is_resized_while_it_is_read_or_afterwards()
    {
        var random = new Random(3);
        double[] samples = [.. Enumerable.Range(0, 4 * 40 * 30).Select(i => (double)random.Next(256))];
        var maker = new TiffMaker();
        string path = folder.Holding("a.tif", maker.File(maker.Make(40, 30, 4, 8, 2, samples, extra: [2])));
        var resized = PictureFile.Load(path, new() { Exact = (20, 15) });
        var then = PictureFile.Load(path, new() { Then = (20, 15) });
        var after = PictureFile.Resize(PictureFile.Load(path), 20, 15);
        foreach (var other in new[] { then, after })
        {
            // Values go through 16 bits in between, which moves them by less than a hundredth of a level.
            Assert.True(Patterns.LargestDifference(resized.Rgb, other.Rgb) < 0.02);
            Assert.True(Patterns.LargestDifference(resized.Alpha!, other.Alpha!) < 1e-4);
        }
    }

    [Fact]
    public void Values_outside_black_and_white_and_no_numbers_are_told_and_clipped()
    {
        var maker = new TiffMaker();
        string path = folder.Holding("a.tif", maker.File(maker.Make(5, 1, 1, 32, 1, [-1, 0, 1, 3.5, double.NaN], real: true)));
        var notes = PictureFile.Inspect(path).Notes;
        Assert.Contains(notes, n => n.Contains("from -1 to 3.5"));
        Assert.Contains(notes, n => n.Contains("1 of its values are no numbers"));
        Assert.Equal([0, 0, 255, 255, 0], PictureFile.Load(path).Rgb[..5].Select(v => (int)MathF.Round(v)));
    }

    [Fact]
    public void Bands_of_inks_beyond_cmyk_are_left_out()
    {
        var maker = new TiffMaker();
        double[] Inks(int bands) =>
            [.. Enumerable.Range(0, Pixels * bands).Select(i => (double)(i % bands < 4 ? i / bands * 5 % 256 : 200))];
        var plain = PictureFile.Load(folder.Holding("a.tif", maker.File(maker.Make(Width, Height, 4, 8, 5, Inks(4)))));
        string path = folder.Holding("b.tif", maker.File(maker.Make(Width, Height, 6, 8, 5, Inks(6), extra: [0, 0], planar: true)));
        Assert.Equal(plain.Rgb, PictureFile.Load(path).Rgb);
        Assert.Null(PictureFile.Load(path).Alpha);
        Assert.Contains(PictureFile.Inspect(path).Notes, n => n.Contains("2 bands beyond the colours"));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void Cielab_is_read(int bits)
    {
        var maker = new TiffMaker();
        double unit = bits == 8 ? 1 : 257, sign = bits == 8 ? 1 : 256;
        // Grey, and a red of a* = 60, b* = 40.
        double[] samples = [128 * unit, 0, 0, 128 * unit, 60 * sign, 40 * sign];
        string path = folder.Holding("a.tif", maker.File(maker.Make(2, 1, 3, bits, 8, samples)));
        var (grey, red) = (PictureFile.Load(path).At(0, 0), PictureFile.Load(path).At(1, 0));
        double light = Math.Pow((128 / 2.55 + 16) / 116, 3);
        Assert.Equal(255 * Srgb(light), grey.R, 0.5);
        Assert.Equal(255 * Srgb(light), grey.B, 0.5);
        Assert.True(red.R > grey.R + 60 && red.B < grey.B - 40, $"{red}");
    }

    [Fact]
    public void What_has_no_known_meaning_is_refused()
    {
        var maker = new TiffMaker();
        var page = maker.Make(Width, Height, 3, 8, 5, new double[3 * Pixels]);
        string path = folder.Holding("a.tif", maker.File(page));
        string message = Assert.Throws<PictureException>(() => PictureFile.ReadSize(path)).Message;
        Assert.Contains("a TIFF of a kind that cannot be decoded here (3 bands where 4 are needed)", message);
    }

    [Fact]
    public void Reported_files_are_read_as_they_were_meant()
    {
        var photo = PictureFile.Load(SharedFiles.Require("field-reports/inputs/photo.png"));
        foreach (string name in new[] { "rgb_nir.tif", "rgb_zero4.tif" })
        {
            var loaded = PictureFile.Load(SharedFiles.Require("field-reports/inputs/" + name));
            Assert.Null(loaded.Alpha);
            Assert.Equal(photo.Rgb, loaded.Rgb);
        }
        Assert.InRange(PictureFile.Load(SharedFiles.Require("field-reports/inputs/grey_float01.tif")).Rgb.Average(), 100, 200);
    }
}
