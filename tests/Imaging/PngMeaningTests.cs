using System.Buffers.Binary;
using System.IO.Compression;
using GpuStyle.Imaging;
using NetVips;

namespace GpuStyle.Tests.Imaging;

/// <summary>
/// Every kind of PNG that there is, interlaced or not, written byte by byte here and by the library: the colors and the opacity read are
/// those that were written.
/// </summary>
public sealed class PngMeaningTests : IDisposable
{
    const int Width = 23, Height = 17;
    const int Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, Rgba = 6;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<int, int, bool> Kinds => new()
    {
        { Grey, 1, false }, { Grey, 2, false }, { Grey, 4, false }, { Grey, 8, false }, { Grey, 16, false },
        { Grey, 8, true }, { Grey, 16, true }, { Grey, 2, true },
        { Rgb, 8, false }, { Rgb, 16, false }, { Rgb, 8, true }, { Rgb, 16, true },
        { Palette, 1, false }, { Palette, 2, false }, { Palette, 4, false }, { Palette, 8, false },
        { Palette, 4, true }, { Palette, 8, true },
        { GreyAlpha, 8, false }, { GreyAlpha, 16, false }, { Rgba, 8, false }, { Rgba, 16, false },
    };

    /// <param name="type">Of color, as PNG numbers them.</param>
    /// <param name="bits">Of a sample.</param>
    /// <param name="transparent">Whether a tRNS chunk makes a color, or entries of the palette, transparent.</param>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Any_png(int type, int bits, bool transparent)
    {
        var random = new Random(100 * type + bits);
        int channels = type switch { Grey or Palette => 1, GreyAlpha => 2, Rgb => 3, _ => 4 }, most = (1 << bits) - 1;
        int[] samples = [.. Enumerable.Range(0, Width * Height * channels).Select(_ => random.Next(most + 1))];
        byte[] palette = [.. Enumerable.Range(0, 3 << bits).Select(_ => (byte)random.Next(256))];
        byte[] opacity = [.. Enumerable.Range(0, 1 << bits).Select(_ => (byte)random.Next(256))];
        var chunks = new List<(string, byte[])>();
        if (type == Palette) chunks.Add(("PLTE", palette));
        // The first pixel's color, or every entry of the palette.
        if (transparent)
        {
            byte[] first = [.. samples.Take(channels).SelectMany(s => new[] { (byte)(s >> 8), (byte)s })];
            chunks.Add(("tRNS", type == Palette ? opacity : first));
        }
        foreach (bool interlaced in new[] { false, true })
        {
            File.WriteAllBytes(folder["a.png"], Png(type, bits, channels, samples, chunks, interlaced));
            Check(PictureFile.Load(folder["a.png"]));
        }

        void Check(Picture read)
        {
            Assert.Equal((Width, Height), (read.Width, read.Height));
            Assert.Equal(transparent || type is GreyAlpha or Rgba, read.Alpha is not null);
            for (int i = 0; i < Width * Height; i++)
            {
                var own = samples.AsSpan(i * channels, channels);
                float Level(int sample) => sample * 255f / most;
                var (red, green, blue) = type switch
                {
                    Palette => (palette[3 * own[0]], palette[3 * own[0] + 1], palette[3 * own[0] + 2]),
                    Grey or GreyAlpha => (Level(own[0]), Level(own[0]), Level(own[0])),
                    _ => (Level(own[0]), Level(own[1]), Level(own[2])),
                };
                // 16 bits are divided by 257 in float32; fewer come back as they are.
                Assert.Equal(red, read.Rgb[i], 1e-4f);
                Assert.Equal(green, read.Rgb[i + Width * Height], 1e-4f);
                Assert.Equal(blue, read.Rgb[i + 2 * Width * Height], 1e-4f);
                float seen = type switch
                {
                    GreyAlpha or Rgba => own[^1] / (float)most,
                    Palette when transparent => opacity[own[0]] / 255f,
                    _ when transparent => own.SequenceEqual(samples.AsSpan(0, channels)) ? 0 : 1,
                    _ => 1,
                };
                Assert.Equal(seen, read.Alpha?[i] ?? 1, 1e-6f);
            }
        }
    }

    public static TheoryData<int, bool, string> Written
    {
        get
        {
            var data = new TheoryData<int, bool, string>();
            for (int bands = 1; bands <= 4; bands++)
                foreach (bool sixteen in new[] { false, true })
                    foreach (string extension in new[] { ".png", ".tif" }) data.Add(bands, sixteen, extension);
            return data;
        }
    }

    /// <summary>
    /// What the library writes, as PNG and as TIFF, is read as it was meant: one band to four of 8 and 16 bits, the second and the fourth
    /// being opacity.
    /// </summary>
    [Theory]
    [MemberData(nameof(Written))]
    public void Bands_by_the_library(int bands, bool sixteen, string extension)
    {
        var random = new Random(bands);
        ushort[] values = [.. Enumerable.Range(0, Width * Height * bands).Select(_ => (ushort)random.Next(sixteen ? 65536 : 256))];
        using var wide = Image.NewFromMemory(values, Width, Height, bands, Enums.BandFormat.Ushort);
        using var image = sixteen ? wide.Copy(interpretation: bands < 3 ? Enums.Interpretation.Grey16 : Enums.Interpretation.Rgb16)
            : wide.Cast(Enums.BandFormat.Uchar).Copy(interpretation: bands < 3 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
        string file = folder["a" + extension];
        image.WriteToFile(file);
        var read = PictureFile.Load(file);
        bool alpha = bands is 2 or 4;
        Assert.Equal(alpha, read.Alpha is not null);
        float scale = sixteen ? 257 : 1;
        for (int i = 0; i < Width * Height; i++)
        {
            for (int c = 0; c < 3; c++)
                Assert.Equal(values[i * bands + (bands < 3 ? 0 : c)] / scale, read.Rgb[i + c * Width * Height], 1e-4f);
            if (alpha) Assert.Equal(values[i * bands + bands - 1] / (255 * scale), read.Alpha![i], 1e-6f);
        }
    }

    static byte[] Png(int type, int bits, int channels, int[] samples, IEnumerable<(string Name, byte[] Data)> chunks, bool interlaced)
    {
        using var lines = new MemoryStream();
        // Adam7: where each pass begins, and its steps.
        (int X, int Y, int StepX, int StepY)[] passes = !interlaced ? [(0, 0, 1, 1)]
            : [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        foreach (var (left, top, stepX, stepY) in passes)
            for (int y = top; y < Height; y += stepY)
            {
                lines.WriteByte(0); // no filter
                int held = 0, count = 0;
                for (int x = left; x < Width; x += stepX)
                    foreach (int sample in samples.AsSpan((y * Width + x) * channels, channels))
                    {
                        if (bits == 16) lines.WriteByte((byte)(sample >> 8));
                        (held, count) = ((held << Math.Min(bits, 8)) | (sample & 0xFF), count + Math.Min(bits, 8));
                        if (count < 8) continue;
                        lines.WriteByte((byte)held);
                        (held, count) = (0, 0);
                    }
                if (count > 0) lines.WriteByte((byte)(held << (8 - count)));
            }
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(lines.ToArray());
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        (header[8], header[9], header[12]) = ((byte)bits, (byte)type, (byte)(interlaced ? 1 : 0));
        return
        [
            0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n', .. ReadFailureTests.Chunk("IHDR", header),
            .. chunks.SelectMany(c => ReadFailureTests.Chunk(c.Name, c.Data)),
            .. ReadFailureTests.Chunk("IDAT", packed.ToArray()), .. ReadFailureTests.Chunk("IEND", []),
        ];
    }
}
