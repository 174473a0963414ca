using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using GpuStyle.Imaging;
using GpuStyle.Tests.Support;
using NetVips;

namespace GpuStyle.Tests.Imaging;

/// <summary>Gamma and primaries that a file names without a colour profile.</summary>
[Trait("Needs", "real files")]
public sealed class ColorTagTests : IDisposable
{
    static readonly byte[] Pixels = [200, 100, 50, 0, 128, 255, 30, 30, 30];
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Png(params (string Name, byte[] Data)[] chunks)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, 3);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 1);
        (header[8], header[9]) = (8, 2);
        using var packed = new MemoryStream();
        using (var zip = new ZLibStream(packed, CompressionMode.Compress, leaveOpen: true)) zip.Write([0, .. Pixels]);
        byte[] file =
        [
            0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, .. ReadFailureTests.Chunk("IHDR", header),
            .. chunks.SelectMany(c => ReadFailureTests.Chunk(c.Name, c.Data)),
            .. ReadFailureTests.Chunk("IDAT", packed.ToArray()), .. ReadFailureTests.Chunk("IEND", []),
        ];
        return folder.Holding("a.png", file);
    }

    static (string, byte[]) Fractions(string name, params double[] values) => (name, [.. values.SelectMany(v =>
    {
        var four = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, (int)Math.Round(v * 100_000));
        return four;
    })]);

    static (string, byte[]) Cicp(byte primaries, byte transfer) => ("cICP", [primaries, transfer, 0, 1]);

    static readonly (string, byte[]) SrgbPrimaries = Fractions("cHRM", 0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06);
    static readonly (string, byte[]) P3Primaries = Fractions("cHRM", 0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06);

    static double Encode(double light) =>
        255 * (light <= 0.0031308 ? 12.92 * Math.Max(0, light) : light >= 1 ? 1 : 1.055 * Math.Pow(light, 1 / 2.4) - 0.055);

    static double Decode(double value) => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);

    // Published matrices from linear light in other primaries to linear sRGB.
    static readonly double[,] P3 =
        { { 1.2249401763, -0.2249401763, 0 }, { -0.0420569547, 1.0420569547, 0 }, { -0.0196375546, -0.0786360456, 1.0982736001 } };
    static readonly double[,] Bt2020 =
    {
        { 1.6604910021, -0.5876411388, -0.0728498633 }, { -0.1245504745, 1.1328998971, -0.0083494226 },
        { -0.0181507634, -0.1005788980, 1.1187296614 },
    };
    static readonly double[,] Adobe = { { 1.3983557440, -0.3983557440, 0 }, { 0, 1, 0 }, { 0, -0.0429289893, 1.0429289893 } };
    static readonly double[,] Same = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };

    static void IsConverted(string path, Func<double, double> toLight, double[,] matrix, bool told = true)
    {
        var picture = PictureFile.Load(path);
        for (int i = 0; i < 3; i++)
            for (int c = 0; c < 3; c++)
            {
                double light = 0;
                for (int k = 0; k < 3; k++) light += matrix[c, k] * toLight(Pixels[3 * i + k] / 255.0);
                // Primaries are written with 5 digits, matrices published from such.
                Assert.Equal(Encode(light), picture.Rgb[c * 3 + i], 0.15);
            }
        Assert.Equal(told, PictureFile.Inspect(path).Notes.Any(n => n.StartsWith($"'{path}': ") && n.Contains("converted to sRGB")));
    }

    static void IsUntouched(string path) =>
        Assert.Equal(Enumerable.Range(0, 9).Select(i => (float)Pixels[i % 3 * 3 + i / 3]), PictureFile.Load(path).Rgb);

    [Fact]
    public void Gamma_of_png_is_followed()
    {
        foreach (double gamma in new[] { 1.0, 0.55556, 0.38462 })
            IsConverted(Png(Fractions("gAMA", gamma)), v => Math.Pow(v, 1 / gamma), Same);
        IsConverted(Png(Fractions("gAMA", 1), SrgbPrimaries), v => v, Same);
        IsConverted(Png(P3Primaries), Decode, P3);
    }

    [Fact]
    public void What_is_srgb_by_another_name_is_not_touched()
    {
        foreach (var chunks in new (string, byte[])[][]
        {
            [Fractions("gAMA", 0.45455)], [Fractions("gAMA", 0.45)], [Fractions("gAMA", 0.45455), SrgbPrimaries],
            [("sRGB", [0]), Fractions("gAMA", 1)], [Cicp(1, 13), Fractions("gAMA", 1)], [Cicp(1, 1)], [Cicp(2, 2)],
        })
        {
            IsUntouched(Png(chunks));
            Assert.Empty(PictureFile.Inspect(folder["a.png"]).Notes);
        }
    }

    [Fact]
    public void Code_points_of_png_are_followed_before_all_else()
    {
        IsConverted(Png(Cicp(12, 13), ("sRGB", [0])), Decode, P3);
        IsConverted(Png(Cicp(9, 8)), v => v, Bt2020);
    }

    [Fact]
    public void What_cannot_be_followed_is_told()
    {
        foreach (var (chunk, what) in new[]
        {
            (Cicp(9, 16), "PQ"), (Cicp(9, 18), "HLG"), (Fractions("gAMA", 0), "no possible gamma"),
            (Fractions("cHRM", new double[8]), "no possible primaries"),
        })
        {
            IsUntouched(Png(chunk));
            Assert.Contains(PictureFile.Inspect(folder["a.png"]).Notes, n => n.Contains(what) && n.Contains("as if they were sRGB"));
        }
    }

    /// <summary>A square of one color: 200, 100, 50.</summary>
    static Image Flat(int side) => Image.Black(side, side, bands: 3)
        .Linear([1.0, 1, 1], [200.0, 100, 50], uchar: true).Copy(interpretation: Enums.Interpretation.Srgb);

    [Theory]
    [InlineData(12, 13)]
    [InlineData(9, 8)]
    [InlineData(1, 13)]
    public void Code_points_of_avif_are_followed(int primaries, int transfer)
    {
        using var flat = Flat(64);
        flat.WriteToFile(folder["a.avif"], new VOption { { "lossless", true }, { "compression", Enums.ForeignHeifCompression.Av1 } });
        byte[] file = File.ReadAllBytes(folder["a.avif"]);
        int at = file.AsSpan().IndexOf("colrnclx"u8);
        Assert.True(at > 0, "the library writes no code points");
        (file[at + 9], file[at + 11]) = ((byte)primaries, (byte)transfer);
        var (r, g, b) = PictureFile.Load(folder.Holding("b.avif", file)).At(30, 30);
        var matrix = primaries switch { 12 => P3, 9 => Bt2020, _ => Same };
        double[] light = [.. new[] { 200, 100, 50 }.Select(v => transfer == 8 ? v / 255.0 : Decode(v / 255.0))];
        double[] expected = [.. Enumerable.Range(0, 3).Select(c => Encode(Enumerable.Range(0, 3).Sum(k => matrix[c, k] * light[k])))];
        // The file's own coding may be a level off, which the dark end of linear light multiplies.
        double tolerance = transfer == 8 ? 3 : 1.5;
        Assert.Equal(expected[0], r, tolerance);
        Assert.Equal(expected[1], g, tolerance);
        Assert.Equal(expected[2], b, tolerance);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Adobe_rgb_by_exif_is_converted(bool adobe)
    {
        using var flat = Flat(32);
        using var tagged = flat.Mutate(m => m.Set(GValue.BlobType, "exif-data", Exif(adobe)));
        tagged.WriteToFile(folder["a.webp"], new VOption { { "lossless", true } });
        var (r, g, b) = PictureFile.Load(folder["a.webp"]).At(5, 5);
        double[] light = [.. new[] { 200, 100, 50 }.Select(v => Math.Pow(v / 255.0, 563 / 256.0))];
        Assert.Equal(adobe ? Encode(Adobe[0, 0] * light[0] + Adobe[0, 1] * light[1]) : 200, r, 0.15);
        Assert.Equal(adobe ? Encode(light[1]) : 100, g, 0.15);
        Assert.Equal(adobe ? Encode(Adobe[2, 1] * light[1] + Adobe[2, 2] * light[2]) : 50, b, 0.15);
        Assert.True(PictureFile.Inspect(folder["a.webp"]).FromCamera);
        Assert.False(PictureFile.Inspect(Png()).FromCamera);
    }

    [Fact]
    public void Of_adobe_rgb_in_linear_samples_the_primaries_count()
    {
        var maker = new TiffMaker();
        double[] light = [0.6, 0.2, 0.1];
        var page = maker.Make(1, 1, 3, 32, 2, light, real: true);
        page.Exif = new() { [40961] = [2] };
        string path = folder.Holding("a.tif", maker.File(page));
        var (r, g, b) = PictureFile.Load(path).At(0, 0);
        // Computed in float32 and 16 bits.
        Assert.Equal(Encode(Adobe[0, 0] * light[0] + Adobe[0, 1] * light[1]), r, 0.05);
        Assert.Equal(Encode(light[1]), g, 0.05);
        Assert.Equal(Encode(Adobe[2, 1] * light[1] + Adobe[2, 2] * light[2]), b, 0.05);
        Assert.Contains(PictureFile.Inspect(path).Notes, n => n.Contains("converted to sRGB by EXIF: Adobe RGB"));
    }

    [Fact]
    public void Chunks_of_png_without_a_meaning_are_passed_over_up_to_a_limit()
    {
        byte[] File(int others) =>
        [
            0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a,
            .. Enumerable.Repeat(ReadFailureTests.Chunk("tEXt", [65, 0]), others).SelectMany(c => c),
            .. ReadFailureTests.Chunk("sRGB", [0]),
        ];
        Assert.Equal(["sRGB"], PngChunks.Before(new MemoryStream(File(9_000))).Keys);
        Assert.Empty(PngChunks.Before(new MemoryStream(File(11_000))));
    }

    /// <summary>A maker, and a colour space that is sRGB or, by the interoperability index R03, Adobe RGB.</summary>
    static byte[] Exif(bool adobe)
    {
        List<byte> data = [.. "Exif\0\0II*\0"u8, 8, 0, 0, 0];
        void Entries(params (int Tag, int Type, int Count, byte[] Value)[] entries)
        {
            data.AddRange([(byte)entries.Length, 0]);
            foreach (var (tag, type, count, value) in entries)
            {
                foreach (int number in new[] { tag, type }) data.AddRange(BitConverter.GetBytes((ushort)number));
                data.AddRange([.. BitConverter.GetBytes(count), .. value]);
            }
            data.AddRange([0, 0, 0, 0]);
        }
        Entries((271, 2, 4, Encoding.ASCII.GetBytes("Abc\0")), (34665, 4, 1, BitConverter.GetBytes(38)));
        Entries((40961, 3, 1, BitConverter.GetBytes(adobe ? 65535 : 1)), (40965, 4, 1, BitConverter.GetBytes(68)));
        Entries((1, 2, 4, Encoding.ASCII.GetBytes(adobe ? "R03\0" : "R98\0")));
        return [.. data];
    }

    [Fact]
    public void The_reported_file_looks_like_its_original()
    {
        var linear = PictureFile.Load(SharedFiles.Require("field-reports/inputs/gamma1.png"));
        var photo = PictureFile.Load(SharedFiles.Require("field-reports/inputs/photo.png"));
        // Linear light in 8 bits is coarse in the shadows.
        Assert.True(Patterns.MeanDifference(linear.Rgb, photo.Rgb) < 1.5);
    }
}
