using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>Positions of a layer that one evaluation looks at, row by row of the map, those that count least at the end.</summary>
/// <param name="Points">The positions.</param>
/// <param name="Weights">How much each counts; null: all count 1.</param>
/// <param name="Strong">How many of them, from the first on, stand for their region alone.</param>
internal sealed record SampleGrid(IReadOnlyList<(int Y, int X)> Points, float[]? Weights, int Strong)
{
    /// <summary>How the points lie if none is left out: the first one, the step from each to the next, and how many there are in a
    /// line.</summary>
    public (int Top, int Left, int Step, int Down, int Across)? Lines { get; init; }

    /// <summary>The points of a region of the map, each with its number.</summary>
    public IEnumerable<(int Number, int Y, int X)> Within(int top, int left, int bottom, int right)
    {
        if (Lines is not { } lines)
            return Points.Select((p, i) => (i, p.Y, p.X)).Where(p => p.Y >= top && p.Y < bottom && p.X >= left && p.X < right);
        int Line(int position, int first, int count) => Math.Clamp((position - first + lines.Step - 1) / lines.Step, 0, count);
        int firstRow = Line(top, lines.Top, lines.Down), rows = Line(bottom, lines.Top, lines.Down) - firstRow;
        int firstColumn = Line(left, lines.Left, lines.Across), columns = Line(right, lines.Left, lines.Across) - firstColumn;
        return rows * columns == 0 ? [] : Enumerable.Range(0, rows * columns).Select(i =>
        {
            int number = (firstRow + i / columns) * lines.Across + firstColumn + i % columns;
            return (number, Points[number].Y, Points[number].X);
        });
    }

    /// <summary>The sum of the weights.</summary>
    public double Mass { get; } = Weights?.Sum(w => (double)w) ?? Points.Count;

    /// <summary>Those alone that stand for their region.</summary>
    public SampleGrid StrongOnly() => Strong == Points.Count ? this : new([.. Points.Take(Strong)], Weights?[..Strong], Strong);
}

/// <summary>
/// Chooses the positions that losses on samples look at: a grid whose step leaves at most so many a side, and which begins elsewhere from
/// one evaluation to the next. There are as many grids as a step has beginnings, up to a limit, in an order that a seed gives.
/// </summary>
internal static class SampleGrids
{
    /// <summary>The most grids of a layer whose samples are kept: those of a painting, and of the photograph.</summary>
    public const int MostKept = 16;

    /// <summary>The most grids of a layer of the picture, of which only the positions are kept: all beginnings of steps up to 8.</summary>
    public const int Most = 64;

    /// <summary>Side of the largest map of the picture that has no more samples than a smaller one.</summary>
    const int Side = 512;

    /// <summary>
    /// Of the weight that a region has where it is strongest: positions with less are left out, and those with less than the other do not
    /// stand for the region, unless a grid has no others.
    /// </summary>
    const float LeastWeight = 0.05f, StrongWeight = 0.5f;

    /// <summary>
    /// The most positions on a side of a map of the picture: so many up to a side of 512, in proportion beyond, so that the grids together
    /// reach all positions of a large picture, too; 0 stays 0.
    /// </summary>
    public static int OfPicture(int samples, Shape map) =>
        Math.Max(samples, (int)Math.Ceiling(samples * (double)Math.Max(map.Height, map.Width) / Side));

    /// <summary>The grids of a map.</summary>
    /// <param name="height">Height of the map.</param>
    /// <param name="width">Width of the map.</param>
    /// <param name="where">The part of it that counts, with its squares as weights; null: all of it.</param>
    /// <param name="most">The most positions on a side, of a part as many as a square of this side has; 0: all positions.</param>
    /// <param name="seed">Where the grids begin.</param>
    /// <param name="grids">The most grids.</param>
    /// <param name="rim">Positions along the edges that are left out, unless all that counts lies there.</param>
    public static SampleGrid[] Make(int height, int width, GuideMap? where, int most, ulong seed, int grids, int rim = 0)
    {
        int step = Step(height, width, where, most);
        var random = new SplitMix64(seed);
        var starts = Enumerable.Range(0, step * step).Select(i => (Order: random.Uniform(), Y: i / step, X: i % step))
            .Where(s => s.Y < height && s.X < width).OrderBy(s => s.Order).Select(s => (s.Y, s.X));
        SampleGrid[] made =
            [.. starts.Select(s => Grid(height, width, where, step, s.Y, s.X, rim)).Where(g => g.Points.Count > 0).Take(grids)];
        return made.Length > 0 || rim == 0 ? made : Make(height, width, where, most, seed, grids);
    }

    /// <summary>The most samples that a grid of a whole map has.</summary>
    public static int Count(int height, int width, int most)
    {
        int step = Step(height, width, null, most);
        return ((height + step - 1) / step) * ((width + step - 1) / step);
    }

    /// <summary>The map from a block's features of a layer to the rows of a grid's points that the block owns; null if it owns none.</summary>
    public static SampleMap? Map(this SampleGrid grid, PictureBlock block, VggLayer layer, TensorList tables, int firstRow = 0)
    {
        var (window, part) = block.Levels[layer.PoolsBefore];
        int top = window.Top + part.Top, left = window.Left + part.Left;
        var points = grid.Within(top, left, top + part.Height, left + part.Width);
        return tables.Device.HasValues
            ? block.Owned(layer, points.Select(p => new SampleTap(firstRow + p.Number, p.Y, p.X, 1)), tables)
            : SampleMap.OfSize(tables, window.Height, window.Width, points.Count());
    }

    static int Step(int height, int width, GuideMap? where, int most)
    {
        if (most == 0) return 1;
        // A mask's shades are shares of its largest: one shade of grey everywhere is the whole map.
        double side = where is null ? Math.Max(height, width) : Math.Sqrt(where.Mass) / where.Channel.Max();
        return Math.Max(1, (int)Math.Ceiling(side / most));
    }

    static SampleGrid Grid(int height, int width, GuideMap? where, int step, int top, int left, int rim)
    {
        var points = new List<(int Y, int X)>();
        for (int y = top; y < height - rim; y += step)
            for (int x = left; x < width - rim; x += step)
                if (y >= rim && x >= rim) points.Add((y, x));
        if (where is null)
        {
            int across = points.TakeWhile(p => p.Y == points[0].Y).Count();
            var grid = new SampleGrid(points, null, points.Count);
            return points.Count == 0 ? grid : grid with { Lines = (points[0].Y, points[0].X, step, points.Count / across, across) };
        }
        float Weight((int Y, int X) p) => where.Channel[p.Y * where.Width + p.X] is var t ? t * t : 0;
        float greatest = where.Channel.Max();
        greatest *= greatest;
        // Stable: within either part in the map's order.
        points = [.. points.Where(p => Weight(p) >= LeastWeight * greatest).OrderBy(p => Weight(p) >= StrongWeight * greatest ? 0 : 1)];
        int strong = points.Count(p => Weight(p) >= StrongWeight * greatest);
        return new(points, [.. points.Select(Weight)], strong > 0 ? strong : points.Count);
    }
}

/// <summary>Counts evaluations, so that each looks at other positions than the one before.</summary>
internal sealed class SampleClock
{
    /// <summary>Evaluations that have begun.</summary>
    public int Evaluations { get; set; }

    /// <summary>Which of so many grids the last of them looks at.</summary>
    public int Of(int grids) => (Evaluations - 1) % grids;
}
