namespace GpuStyle.Imaging;

/// <summary>
/// A function from colour to colour, made once of statistics: it can be applied to a picture at any size and in any portions. Results are clamped
/// to 0..255.
/// </summary>
public sealed class ColourMap
{
    readonly ColourSpace space;
    readonly Func<ColourPoint, ColourPoint> map;

    internal ColourMap(ColourSpace space, Func<ColourPoint, ColourPoint> map) => (this.space, this.map) = (space, map);

    /// <summary>The colours of pixels [3,n], such as some rows, into <paramref name="result"/>, which may be the same.</summary>
    public void Apply(ReadOnlySpan<float> rgb, Span<float> result)
    {
        int n = rgb.Length / 3;
        for (int i = 0; i < n; i++) space.Write(map(space.From(rgb[i], rgb[i + n], rgb[i + 2 * n])), result, i);
    }

    /// <summary>A picture in other colours; its opacity is kept.</summary>
    public Picture Of(Picture picture)
    {
        var rgb = new float[picture.Rgb.Length];
        Apply(picture.Rgb, rgb);
        return picture with { Rgb = rgb };
    }
}
