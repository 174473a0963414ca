using System.Runtime.InteropServices;
using NetVips;

namespace GpuStyle.Imaging;

/// <summary>
/// Takes the interleaved integers that the library writes into a stream, in pieces of any length, and hands them on as strips of planar
/// floats: 8-bit values as they are, 16-bit ones divided by 257.
/// </summary>
sealed class RowReader : LibraryStream
{
    /// <summary>Values of a strip, about.</summary>
    internal const int StripValues = 1 << 20;

    readonly RowSink sink;
    readonly int width, height, bands;
    readonly bool bytes;
    readonly byte[] strip;
    readonly float[] rgb, alpha;
    int filled, top;

    RowReader(Image image, RowSink sink)
    {
        (this.sink, width, height, bands, bytes) = (sink, image.Width, image.Height, image.Bands, image.Format == Enums.BandFormat.Uchar);
        int rows = RowsOfStrip(width, height);
        strip = new byte[checked(rows * width * bands * (bytes ? 1 : 2))];
        (rgb, alpha) = (new float[3 * rows * width], new float[bands == 4 ? rows * width : 0]);
    }

    /// <summary>Hands over an sRGB image of 3 or 4 bands, 8 or 16 bits, strip by strip.</summary>
    public static void Read(Image image, RowSink sink)
    {
        using var reader = new RowReader(image, sink);
        Guard(() => image.RawsaveStream(reader), reader);
        if (reader.top != reader.height) throw new EndOfStreamException($"{reader.top} of {reader.height} rows came");
    }

    /// <summary>Rows that make a strip of about <see cref="StripValues"/>.</summary>
    internal static int RowsOfStrip(int width, int height) => Math.Clamp(StripValues / width, 1, height);

    protected override void Take(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int wanted = (int)Math.Min(strip.Length, (long)(height - top) * (strip.Length / RowsOfStrip(width, height)));
            int part = Math.Min(data.Length, wanted - filled);
            data[..part].CopyTo(strip.AsSpan(filled));
            data = data[part..];
            filled += part;
            if (filled == wanted) Hand();
        }
    }

    void Hand()
    {
        int pixels = filled / (bands * (bytes ? 1 : 2));
        for (int band = 0; band < bands; band++)
        {
            var target = band == 3 ? alpha.AsSpan(0, pixels) : rgb.AsSpan(band * pixels, pixels);
            float scale = (band == 3 ? 1 / 255f : 1) / (bytes ? 1 : 257);
            if (bytes) Gather<byte>(strip, band, target, scale);
            else Gather(MemoryMarshal.Cast<byte, ushort>(strip), band, target, scale);
        }
        sink(top, rgb.AsSpan(0, 3 * pixels), alpha.AsSpan(0, bands == 4 ? pixels : 0));
        top += pixels / width;
        filled = 0;
    }

    void Gather<T>(ReadOnlySpan<T> source, int band, Span<float> target, float scale) where T : struct
    {
        for (int i = 0, at = band; i < target.Length; i++, at += bands)
            target[i] = (typeof(T) == typeof(byte) ? (byte)(object)source[at] : (ushort)(object)source[at]) * scale;
    }
}
