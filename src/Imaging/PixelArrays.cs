using NetVips;

namespace GpuStyle.Imaging;

/// <summary>Between planar floats and the library's interleaved integers.</summary>
static unsafe class PixelArrays
{
    /// <summary>The pixels of an sRGB image of 3 or 4 bands: 8-bit values as they are, 16-bit ones divided by 257.</summary>
    public static Picture ToPicture(Image image)
    {
        int width = image.Width, height = image.Height, bands = image.Bands, plane = checked(width * height);
        var rgb = new float[3L * plane];
        var alpha = bands == 4 ? new float[plane] : null;
        bool bytes = image.Format == Enums.BandFormat.Uchar;
        nint memory = image.WriteToMemory(out _);
        try
        {
            for (int band = 0; band < bands; band++)
            {
                var target = band == 3 ? alpha.AsSpan() : rgb.AsSpan(band * plane, plane);
                float scale = (band == 3 ? 1 / 255f : 1) / (bytes ? 1 : 257);
                if (bytes) Gather((byte*)memory + band, bands, target, scale);
                else Gather((ushort*)memory + band, bands, target, scale);
            }
        }
        finally
        {
            NetVips.NetVips.Free(memory);
        }
        return new(width, height, rgb, alpha);
    }

    static void Gather(byte* source, int stride, Span<float> target, float scale)
    {
        for (int i = 0; i < target.Length; i++, source += stride) target[i] = *source * scale;
    }

    static void Gather(ushort* source, int stride, Span<float> target, float scale)
    {
        for (int i = 0; i < target.Length; i++, source += stride) target[i] = *source * scale;
    }

    /// <summary>An 8-bit or 16-bit sRGB image: values clamped to 0..255 and rounded (16 bits: times 257).</summary>
    /// <exception cref="ArithmeticException">A value is no number.</exception>
    public static Image ToImage(Picture picture, bool bytes, Pipeline pipeline)
    {
        int plane = picture.Pixels, bands = picture.Alpha is null ? 3 : 4;
        var pixels8 = bytes ? new byte[(long)bands * plane] : null;
        var pixels16 = bytes ? null : new ushort[(long)bands * plane];
        for (int band = 0; band < bands; band++)
        {
            var source = band == 3 ? picture.Alpha! : picture.Rgb.AsSpan(band * plane, plane);
            float most = band == 3 ? 1 : 255;
            float scale = (bytes ? 255 : 65535) / most;
            for (int i = 0; i < plane; i++)
            {
                float value = source[i];
                if (float.IsNaN(value)) throw new ArithmeticException($"the value at pixel ({i % picture.Width}, {i / picture.Width}) is no number");
                float level = MathF.Round(Math.Clamp(value, 0, most) * scale);
                if (bytes) pixels8![i * (long)bands + band] = (byte)level;
                else pixels16![i * (long)bands + band] = (ushort)level;
            }
        }
        var raw = pipeline.Keep(bytes
            ? Image.NewFromMemory(pixels8!, picture.Width, picture.Height, bands, Enums.BandFormat.Uchar)
            : Image.NewFromMemory(pixels16!, picture.Width, picture.Height, bands, Enums.BandFormat.Ushort));
        return pipeline.Keep(raw.Copy(interpretation: bytes ? Enums.Interpretation.Srgb : Enums.Interpretation.Rgb16));
    }
}
