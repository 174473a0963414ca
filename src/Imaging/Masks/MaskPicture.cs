namespace GpuStyle.Imaging;

/// <summary>A picture that says where something is: in shades of grey, or with a colour for each region.</summary>
public sealed class MaskPicture
{
    /// <summary>Colours nearer than this are one colour with noise, such as JPEG's; a pixel further from each than <see cref="Foreign"/> belongs to none.</summary>
    const double Noise = 48, Foreign = 96;

    /// <summary>A colour that fewer pixels have is noise, or the blend of two along a border.</summary>
    const double LeastShare = 0.005;

    /// <summary>The difference of channels, and the share of pixels, up to which a picture counts as grey.</summary>
    const int GreyTolerance = 12;
    const double MostColoured = 0.002;

    readonly MaskColour[] pixels;

    /// <summary>Reads a mask at its own size.</summary>
    /// <exception cref="PictureException">As <see cref="PictureFile.Load"/>.</exception>
    public static MaskPicture Load(string path) => new(PictureFile.Load(path));

    /// <summary>A picture as a mask.</summary>
    public MaskPicture(Picture picture)
    {
        (Width, Height) = (picture.Width, picture.Height);
        pixels = new MaskColour[picture.Pixels];
        int Byte(int i) => (int)Math.Clamp(MathF.Round(picture.Rgb[i]), 0, 255);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = new(Byte(i), Byte(i + pixels.Length), Byte(i + 2 * pixels.Length));
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Whether there is no colour in it but what noise makes.</summary>
    public bool IsGrey => pixels.Count(p => Math.Max(p.Red, Math.Max(p.Green, p.Blue)) - Math.Min(p.Red, Math.Min(p.Green, p.Blue)) > GreyTolerance) <= MostColoured * pixels.Length;

    /// <summary>The mask in shades of grey: black 0, white 1.</summary>
    public MaskPlane Soft() => new(Width, Height, Array.ConvertAll(pixels, p => (p.Red + p.Green + p.Blue) / (3 * 255f)));

    /// <summary>
    /// The colours that name regions, in the order in which they appear, row by row: the commonest first taken, and then each that is no noise
    /// of one before.
    /// </summary>
    public IReadOnlyList<MaskColour> Colours()
    {
        var colours = new List<MaskColour>();
        foreach (var group in pixels.CountBy(p => p).Where(g => g.Value >= LeastShare * pixels.Length).OrderByDescending(g => g.Value).ThenBy(g => g.Key.ToString(), StringComparer.Ordinal))
            if (colours.TrueForAll(c => c.To(group.Key) > Noise)) colours.Add(group.Key);
        return [.. colours.OrderBy(c => Array.FindIndex(pixels, p => p.To(c) <= Noise))];
    }

    /// <summary>For each colour where it is: a pixel belongs to the nearest, or to none if it is like none of them.</summary>
    public IReadOnlyList<MaskPlane> Regions(IReadOnlyList<MaskColour> colours)
    {
        var planes = colours.Select(_ => new float[pixels.Length]).ToArray();
        var nearest = new Dictionary<MaskColour, int>();
        for (int i = 0; i < pixels.Length; i++)
        {
            if (!nearest.TryGetValue(pixels[i], out int region))
            {
                region = Enumerable.Range(0, colours.Count).MinBy(c => pixels[i].To(colours[c]));
                nearest[pixels[i]] = region = pixels[i].To(colours[region]) <= Foreign ? region : -1;
            }
            if (region >= 0) planes[region][i] = 1;
        }
        return [.. planes.Select(p => new MaskPlane(Width, Height, p))];
    }
}
