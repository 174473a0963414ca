using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>The places of a region, rows that follow one another, and its styles.</summary>
internal sealed record ColumnRegion(StyleAim Aim, int FirstRow, int Count);

/// <summary>
/// Which places of a picture have hypercolumns that are compared: those of one region after those of another. A place belongs to the region
/// that it has most of, and counts as much as all of them have of it.
/// </summary>
internal sealed class ColumnPlaces
{
    /// <summary>Places of the picture that no region has more of are left out.</summary>
    const double LeastWeight = 0.05;

    /// <summary>Of a painting's mask where it is strongest: places where it is weaker are no one's neighbors.</summary>
    const double LeastOfStyle = 0.5;

    /// <summary>Deals the places of a picture.</summary>
    /// <param name="aims">What there is at the layer that has the grid's size.</param>
    /// <param name="grid">The grid's shape.</param>
    public ColumnPlaces(IReadOnlyList<StyleAim> aims, Shape grid)
    {
        var places = aims.Select(_ => new List<(int Y, int X, float Weight)>()).ToArray();
        for (int y = 0; y < grid.Height; y++)
            for (int x = 0; x < grid.Width; x++)
            {
                int most = -1;
                double best = 0, sum = 0;
                for (int a = 0; a < aims.Count; a++)
                {
                    double here = Of(aims[a].Where, y, x);
                    sum += aims[a].Region.Weight * here;
                    if (here > best) (most, best) = (a, here);
                }
                if (best >= LeastWeight) places[most].Add((y, x, (float)sum));
            }
        var points = new List<ColumnPoint>();
        var weights = new List<float>();
        var regions = new List<ColumnRegion>();
        for (int a = 0; a < aims.Count; a++)
        {
            if (places[a].Count == 0) continue;
            regions.Add(new(aims[a], points.Count, places[a].Count));
            foreach (var (y, x, weight) in places[a])
            {
                points.Add(new(points.Count, y, x));
                weights.Add(weight);
            }
        }
        (Points, Regions) = (points, regions);
        Weights = weights.TrueForAll(w => w == 1) ? null : [.. weights];
    }

    /// <summary>The places, by rows.</summary>
    public IReadOnlyList<ColumnPoint> Points { get; }

    /// <summary>How much each counts; null: all count 1.</summary>
    public float[]? Weights { get; }

    /// <summary>The regions that have any.</summary>
    public IReadOnlyList<ColumnRegion> Regions { get; }

    /// <summary>The places of a painting, or of the part of it that a mask shows, with rows from a first one on.</summary>
    public static List<ColumnPoint> OfStyle(Shape picture, GuideMap? where, int firstRow)
    {
        var grid = ColumnLayout.Grid.Plane(picture.Height, picture.Width);
        double least = where is null ? 0 : LeastOfStyle * where.Channel.Max(t => (double)t * t);
        var points = new List<ColumnPoint>();
        for (int y = 0; y < grid.Height; y++)
            for (int x = 0; x < grid.Width; x++)
                if (Of(where, y, x) >= least) points.Add(new(firstRow + points.Count, y, x));
        return points;
    }

    static double Of(GuideMap? map, int y, int x) => map is null ? 1 : map.Channel[y * map.Width + x] is var t ? (double)t * t : 0;
}
