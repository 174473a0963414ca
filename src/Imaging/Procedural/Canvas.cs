namespace GpuStyle.Imaging.Procedural;

/// <summary>
/// Planar RGB that is painted on. Positions are in units of the picture's height from its top left corner, so that a scene is the same
/// at every size; edges are anti-aliased by the area of a pixel that they cover.
/// </summary>
sealed class Canvas(int width, int height)
{
    const int RowsPerPixel = 4;

    readonly float[] rgb = new float[3L * width * height];

    public int Width => width;

    public int Height => height;

    /// <summary>Width in units of the height.</summary>
    public float Aspect => width / (float)height;

    /// <summary>The side of a pixel in units of the height.</summary>
    public float Pixel => 1f / height;

    public Colour this[int x, int y]
    {
        get
        {
            int i = y * width + x, plane = width * height;
            return new(rgb[i], rgb[i + plane], rgb[i + 2 * plane]);
        }
        set
        {
            int i = y * width + x, plane = width * height;
            (rgb[i], rgb[i + plane], rgb[i + 2 * plane]) = (value.R, value.G, value.B);
        }
    }

    /// <summary>Lays a colour over a pixel, covering a share 0..1 of it.</summary>
    public void Blend(int x, int y, Colour colour, float share)
    {
        if (share > 0) this[x, y] = share >= 1 ? colour : this[x, y].To(colour, share);
    }

    /// <summary>The colour at a position, between four pixels; positions outside are moved to the border.</summary>
    public Colour Sample(float x, float y)
    {
        x = Math.Clamp(x * height - 0.5f, 0, width - 1);
        y = Math.Clamp(y * height - 0.5f, 0, height - 1);
        int i = Math.Min((int)x, width - 2), j = Math.Min((int)y, height - 2);
        float u = x - i, v = y - j;
        return this[i, j].To(this[i + 1, j], u).To(this[i, j + 1].To(this[i + 1, j + 1], u), v);
    }

    /// <summary>Fills a polygon (even-odd) with one colour.</summary>
    public void Fill(Colour colour, params ReadOnlySpan<(float X, float Y)> points) => Fill(points, (_, _) => colour);

    /// <summary>Fills a polygon (even-odd) with a colour for each position, covering at most a share 0..1.</summary>
    public void Fill(ReadOnlySpan<(float X, float Y)> points, Func<float, float, Colour> colour, float share = 1)
    {
        float top = float.MaxValue, bottom = float.MinValue;
        foreach (var (_, y) in points) (top, bottom) = (MathF.Min(top, y), MathF.Max(bottom, y));
        var coverage = new float[width];
        var crossings = new List<float>();
        for (int row = Math.Max(0, (int)(top * height)); row < Math.Min(height, bottom * height + 1); row++)
        {
            Array.Clear(coverage);
            for (int part = 0; part < RowsPerPixel; part++)
            {
                Cross(points, (row + (part + 0.5f) / RowsPerPixel) / height, crossings);
                for (int k = 0; k + 1 < crossings.Count; k += 2) Cover(coverage, crossings[k] * height, crossings[k + 1] * height);
            }
            for (int x = 0; x < width; x++)
                if (coverage[x] > 0) Blend(x, row, colour((x + 0.5f) / height, (row + 0.5f) / height), coverage[x] * share);
        }
    }

    static void Cross(ReadOnlySpan<(float X, float Y)> points, float y, List<float> crossings)
    {
        crossings.Clear();
        var last = points[^1];
        foreach (var next in points)
        {
            if (last.Y <= y != next.Y <= y) crossings.Add(last.X + (next.X - last.X) * (y - last.Y) / (next.Y - last.Y));
            last = next;
        }
        crossings.Sort();
    }

    void Cover(float[] coverage, float from, float to)
    {
        from = Math.Clamp(from, 0, width);
        to = Math.Clamp(to, 0, width);
        for (int x = (int)from; x < to; x++) coverage[x] += (MathF.Min(to, x + 1) - MathF.Max(from, x)) / RowsPerPixel;
    }

    /// <summary>Calls the painter for every pixel with its centre's position.</summary>
    public void ForEach(Action<int, int, float, float> paint, float top = 0, float bottom = 1)
    {
        for (int row = Math.Max(0, (int)(top * height)); row < Math.Min(height, bottom * height); row++)
            for (int column = 0; column < width; column++) paint(column, row, (column + 0.5f) / height, (row + 0.5f) / height);
    }

    /// <summary>What was painted, clamped to 0..255.</summary>
    public Picture ToPicture() => new(width, height, Array.ConvertAll(rgb, v => Math.Clamp(v, 0, 255)));
}
