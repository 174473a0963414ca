using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Chooses the pixels that losses on joint samples look at, in an order that a seed gives (Kolkin et al. 2019, section 2.5): of a picture
/// those of a grid with some 16,000 positions, dealt into sets that evaluations look at in turn, so that all of the grid is seen; of a
/// painting any.
/// </summary>
internal static class PixelSets
{
    /// <summary>The most sets there are.</summary>
    public const int Most = 16;

    /// <summary>A grid's step leaves so many positions or somewhat more.</summary>
    const int GridPositions = 16384;

    /// <summary>Of a mask's largest value: pixels with less are no part of it.</summary>
    const float LeastOfMask = 0.5f;

    /// <summary>Pixels of a painting for each pixel of a picture that is looked at: the program takes 5000 for 1024.</summary>
    const double PerSample = 5000.0 / 1024;

    /// <summary>Sets of so many pixels of a picture each, one at least unless the mask has none.</summary>
    /// <param name="height">Height of the picture.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="mask">The part of it that counts, [H,W]; null: all of it.</param>
    /// <param name="side">The root of the number of pixels in a set; 0: one set, of the whole grid.</param>
    /// <param name="seed">Where the grid begins, and the order.</param>
    public static IReadOnlyList<(int Y, int X)[]> OfPicture(int height, int width, float[]? mask, int side, ulong seed)
    {
        var random = new SplitMix64(seed);
        var (down, across) = Steps(height, width);
        var all = Shuffled(Grid(height, width, mask, down, across, random.Below(down), random.Below(across)), random);
        // A region may lie between the grid's positions.
        if (all.Count == 0) all = Shuffled(Grid(height, width, mask, 1, 1, 0, 0), random);
        if (all.Count == 0) return [];
        int count = side == 0 ? all.Count : Math.Min(side * side, all.Count), sets = Math.Min(all.Count / count, Most);
        return [.. Enumerable.Range(0, sets).Select(i => all.GetRange(i * count, count).ToArray())];
    }

    /// <summary>Pixels of a painting, no two the same; none if the mask has none.</summary>
    /// <param name="height">Height of the painting.</param>
    /// <param name="width">Width of the painting.</param>
    /// <param name="mask">The part of it that counts; null: all of it.</param>
    /// <param name="most">How many, if there are so many.</param>
    /// <param name="seed">Which of them.</param>
    public static (int Y, int X)[] OfPainting(int height, int width, float[]? mask, int most, ulong seed)
    {
        var random = new SplitMix64(seed);
        int pixels = height * width;
        if (mask is not null || most > pixels / 2) return [.. Shuffled(Grid(height, width, mask, 1, 1, 0, 0), random).Take(most)];
        // Of a large painting without all of its pixels being listed.
        var drawn = new HashSet<int>();
        var chosen = new (int Y, int X)[most];
        for (int i = 0; i < most;)
            if (random.Below(pixels) is var pixel && drawn.Add(pixel)) chosen[i++] = (pixel / width, pixel % width);
        return chosen;
    }

    /// <summary>Pixels of a picture that a set has, and sets.</summary>
    public static (int Pixels, int Sets) Count(int height, int width, int side)
    {
        var (down, across) = Steps(height, width);
        // A grid that begins further in may have a row and a column less.
        int most = (height + down - 1) / down * ((width + across - 1) / across), least = Math.Max(1, height / down * (width / across));
        return side == 0 ? (most, 1) : (Math.Min(side * side, most), Math.Clamp(most / Math.Min(side * side, least), 1, Most));
    }

    /// <summary>Pixels of all paintings of a target together.</summary>
    public static int OfTarget(int side) => side == 0 ? int.MaxValue : (int)(side * side * PerSample);

    static (int Down, int Across) Steps(int height, int width)
    {
        double area = (double)height * width / GridPositions, step = Math.Sqrt(Math.Floor(area));
        return (Math.Max(1, (int)Math.Floor(step)), Math.Max(1, (int)Math.Ceiling(step)));
    }

    static List<(int Y, int X)> Grid(int height, int width, float[]? mask, int down, int across, int top, int left)
    {
        float least = mask is null ? 0 : LeastOfMask * mask.Max();
        var positions = new List<(int Y, int X)>();
        for (int y = top; y < height; y += down)
            for (int x = left; x < width; x += across)
                if (mask is null || (mask[y * width + x] >= least && mask[y * width + x] > 0)) positions.Add((y, x));
        return positions;
    }

    /// <summary>By Fisher and Yates.</summary>
    static List<(int Y, int X)> Shuffled(List<(int Y, int X)> positions, SplitMix64 random)
    {
        for (int i = positions.Count - 1; i > 0; i--)
        {
            int j = random.Below(i + 1);
            (positions[i], positions[j]) = (positions[j], positions[i]);
        }
        return positions;
    }
}
