using System.Runtime.InteropServices;
using NetVips;

namespace GpuStyle.Imaging;

/// <summary>Takes floating-point samples as they are decoded and finds their range.</summary>
sealed class SampleRange : LibraryStream
{
    readonly byte[] sample = new byte[sizeof(float)];
    int filled;
    float least = float.PositiveInfinity, most = float.NegativeInfinity;
    long missing;

    /// <summary>A note if colours of 0..1 lie outside, and one if some are no numbers.</summary>
    public static IEnumerable<string> Notes(string path, Image image, BandLayout layout)
    {
        using var pipeline = new Pipeline();
        using var range = new SampleRange();
        var colour = pipeline.Keep(pipeline.Keep(image.ExtractBand(0, n: layout.Colors)).Cast(Enums.BandFormat.Float));
        Guard(() => colour.RawsaveStream(range), range);
        if (range.least < 0 || range.most > 1)
            yield return FormattableString.Invariant($"'{path}': its values go from {range.least:G6} to {range.most:G6}; ") +
                "0 to 1 is read as black to white and the rest is clipped; scale them first if that is not meant";
        if (range.missing > 0)
            yield return FormattableString.Invariant($"'{path}': {range.missing} of its values are no numbers (NaN) and are read as 0");
    }

    protected override void Take(ReadOnlySpan<byte> data)
    {
        for (; filled > 0 && !data.IsEmpty; data = data[1..])
        {
            sample[filled] = data[0];
            filled = (filled + 1) % sample.Length;
            if (filled == 0) Look(MemoryMarshal.Cast<byte, float>(sample));
        }
        var whole = MemoryMarshal.Cast<byte, float>(data);
        Look(whole);
        var rest = data[(whole.Length * sizeof(float))..];
        rest.CopyTo(sample);
        if (!rest.IsEmpty) filled = rest.Length;
    }

    void Look(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            if (float.IsNaN(value)) missing++;
            else (least, most) = (Math.Min(least, value), Math.Max(most, value));
    }
}
