using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>Pictures strip by strip, so that the host need not hold another one whole.</summary>
internal static class PictureStrips
{
    /// <summary>Values of a strip, about, if a row has no more.</summary>
    const int Values = 1 << 20;

    /// <summary>Where each strip begins and how many rows it has, from the top.</summary>
    public static IEnumerable<(int Top, int Rows)> Strips(this Shape picture)
    {
        int rows = RowsOfStrip(picture);
        for (int top = 0; top < picture.Height; top += rows) yield return (top, Math.Min(rows, picture.Height - top));
    }

    /// <summary>Rows of every strip but the last.</summary>
    public static int RowsOfStrip(Shape picture) => (int)Math.Clamp(Values / ((long)picture.Channels * picture.Width), 1, picture.Height);

    /// <summary>Values of every strip but the last.</summary>
    public static int ValuesOfStrip(Shape picture) => checked(RowsOfStrip(picture) * picture.Channels * picture.Width);

    /// <summary>Copies a picture from one device to another, strip by strip.</summary>
    public static void Copy(Device from, Tensor source, Device to, Tensor target, Span<float> strip)
    {
        if (!from.HasValues) return;
        foreach (var (top, rows) in source.Shape.Strips())
        {
            var values = strip[..(rows * source.Shape.Channels * source.Shape.Width)];
            from.DownloadRows(source, top, values);
            to.UploadRows(values, target, top);
        }
    }

    /// <summary>Clamps a picture to what a file can hold, 0..255. Values that are no numbers stay.</summary>
    /// <returns>Whether anything was changed, and the largest magnitude that there was; NaN if some value was no number.</returns>
    public static (bool Changed, float Highest) Clamp(Device device, Tensor picture)
    {
        if (!device.HasValues) return (false, 0);
        bool changed = false;
        float highest = 0;
        float[] strip = new float[ValuesOfStrip(picture.Shape)];
        foreach (var (top, rows) in picture.Shape.Strips())
        {
            var values = strip.AsSpan(0, rows * picture.Shape.Channels * picture.Shape.Width);
            device.DownloadRows(picture, top, values);
            bool outside = false;
            foreach (ref float value in values)
            {
                highest = Math.Max(highest, Math.Abs(value)); // of which NaN comes out once it has gone in
                if (value is not (< 0 or > 255)) continue;
                value = Math.Clamp(value, 0, 255);
                outside = true;
            }
            if (outside) device.UploadRows(values, picture, top);
            changed |= outside;
        }
        return (changed, highest);
    }
}
