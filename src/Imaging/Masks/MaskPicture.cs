namespace GpuStyle.Imaging;

/// <summary>
/// A picture that says where something is: in shades of grey, with a color for each region, or with a small number for each region (a label
/// map, as annotation programs write it). How opaque a pixel is says how much of it counts; the color of one that cannot be seen says
/// nothing.
/// </summary>
public sealed class MaskPicture
{
    /// <summary>
    /// Colours nearer than this are one colour with noise, such as JPEG's; a pixel further from each than <see cref="Foreign"/> belongs to
    /// none.
    /// </summary>
    const double Noise = 48, Foreign = 96;

    /// <summary>A colour that fewer pixels have is noise, or the blend of two along a border.</summary>
    const double LeastShare = 0.005;

    /// <summary>The difference of channels, and the share of pixels, up to which a picture counts as grey.</summary>
    const int GreyTolerance = 12;
    const double MostColoured = 0.002;

    /// <summary>
    /// The highest grey level of a picture whose levels are labels, the most labels, and the level of what annotation programs leave out.
    /// White at a quarter of its strength is no mask that anybody paints, and such programs count from 0 or 1.
    /// </summary>
    const int HighestLabel = 63, MostLabels = 40, Void = 255;

    readonly MaskColour[] pixels;
    readonly float[]? opacity;

    /// <summary>Reads a mask at its own size.</summary>
    /// <exception cref="PictureException">As <see cref="PictureFile.Load"/>.</exception>
    public static MaskPicture Load(string path) => new(PictureFile.Load(path));

    /// <summary>A picture as a mask.</summary>
    public MaskPicture(Picture picture)
    {
        (Width, Height, opacity) = (picture.Width, picture.Height, picture.Alpha);
        pixels = new MaskColour[picture.Pixels];
        // Labels in a file of 16 bits are parts of a grey level of 255.
        float highest = Seen().Select(i => Math.Max(picture.Rgb[i], Math.Max(picture.Rgb[i + picture.Pixels], picture.Rgb[i + 2 * picture.Pixels]))).DefaultIfEmpty().Max();
        float scale = highest is > 0 and < 0.5f ? 257 : 1;
        int Byte(int i) => (int)Math.Clamp(MathF.Round(scale * picture.Rgb[i]), 0, 255);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = new(Byte(i), Byte(i + pixels.Length), Byte(i + 2 * pixels.Length));
        Labels = FindLabels();
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The labels in it, ascending, if its grey levels are such; else empty.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>Whether it is a label map of one region: 0 elsewhere, if anything is.</summary>
    public bool IsBinary => Labels.Count(l => l > 0) == 1;

    /// <summary>Whether there is no colour in it but what noise makes.</summary>
    public bool IsGrey => Seen().Count(i => Spread(pixels[i]) > GreyTolerance) <= MostColoured * Seen().Count();

    /// <summary>
    /// The mask in shades of grey: black 0, white 1, as opaque as it is. A label map of one region is white there, unless it is taken
    /// <paramref name="literally"/>.
    /// </summary>
    public MaskPlane Soft(bool literally = false)
    {
        bool binary = IsBinary && !literally;
        var values = new float[pixels.Length];
        foreach (int i in Seen()) values[i] = Opacity(i) * (binary ? (pixels[i].Red is > 0 and not Void ? 1 : 0) : (pixels[i].Red + pixels[i].Green + pixels[i].Blue) / (3 * 255f));
        return new(Width, Height, values);
    }

    /// <summary>How opaque it is; null if nothing of it is transparent.</summary>
    public MaskPlane? Opaque() => opacity is null || Array.TrueForAll(opacity, a => a == 1) ? null : new(Width, Height, opacity);

    /// <summary>
    /// The colours that name regions, in the order in which they appear, row by row: the commonest first taken, and then each that is no
    /// noise of one before. Labels, ascending, as shades of grey.
    /// </summary>
    public IReadOnlyList<MaskColour> Colours()
    {
        if (Labels.Count > 0) return [.. Labels.Select(l => new MaskColour(l, l, l))];
        var colours = new List<MaskColour>();
        double least = LeastShare * Seen().Count();
        foreach (var group in Seen().CountBy(i => pixels[i]).Where(g => g.Value >= least).OrderByDescending(g => g.Value).ThenBy(g => g.Key.ToString(), StringComparer.Ordinal))
            if (colours.TrueForAll(c => c.To(group.Key) > Noise)) colours.Add(group.Key);
        return [.. colours.OrderBy(c => Seen().First(i => pixels[i].To(c) <= Noise))];
    }

    /// <summary>Which of the colors of this picture a user means by another; below 0: none.</summary>
    public int Meant(MaskColour colour, IReadOnlyList<MaskColour> colours) => colours.ToList().FindIndex(c => c.To(colour) <= (Labels.Count > 0 ? 0 : Noise));

    /// <summary>A region's name for people.</summary>
    public string NameOf(MaskColour colour) => Labels.Count > 0 ? $"label {colour.Red}" : colour.ToString();

    /// <summary>
    /// For each colour where it is, as opaque as it is: a pixel belongs to the nearest, or to none if it is like none of them.
    /// </summary>
    public IReadOnlyList<MaskPlane> Regions(IReadOnlyList<MaskColour> colours)
    {
        var planes = colours.Select(_ => new float[pixels.Length]).ToArray();
        var nearest = new Dictionary<MaskColour, int>();
        double foreign = Labels.Count > 0 ? 0 : Foreign;
        foreach (int i in Seen())
        {
            if (!nearest.TryGetValue(pixels[i], out int region))
            {
                region = Enumerable.Range(0, colours.Count).MinBy(c => pixels[i].To(colours[c]));
                nearest[pixels[i]] = region = pixels[i].To(colours[region]) <= foreign ? region : -1;
            }
            if (region >= 0) planes[region][i] = Opacity(i);
        }
        return [.. planes.Select(p => new MaskPlane(Width, Height, p))];
    }

    int[] FindLabels()
    {
        var levels = new SortedDictionary<int, int>();
        foreach (int i in Seen())
        {
            int level = pixels[i].Red;
            if (Spread(pixels[i]) > 0 || (level > HighestLabel && level != Void)) return [];
            levels[level] = levels.GetValueOrDefault(level) + 1;
        }
        levels.Remove(Void, out int left);
        // Black and white with a little noise beside the black is no label map.
        bool some = levels.Where(l => l.Key > 0).Sum(l => l.Value) is > 0 and var count && (left == 0 || count >= LeastShare * Seen().Count());
        return some && levels.Count <= MostLabels ? [.. levels.Keys] : [];
    }

    static int Spread(MaskColour c) => Math.Max(c.Red, Math.Max(c.Green, c.Blue)) - Math.Min(c.Red, Math.Min(c.Green, c.Blue));

    float Opacity(int i) => opacity is null ? 1 : opacity[i];

    /// <summary>Pixels that can be seen.</summary>
    IEnumerable<int> Seen() => Enumerable.Range(0, pixels.Length).Where(i => Opacity(i) > 0);
}
