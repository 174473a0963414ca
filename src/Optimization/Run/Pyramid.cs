using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>One size of a run.</summary>
/// <param name="Height">Of the result at this size.</param>
/// <param name="Width">Of the result at this size.</param>
/// <param name="Divisor">How many times smaller than the final size.</param>
/// <param name="Iterations">Iterations at this size.</param>
/// <param name="Polish">Whether this is the pass over the finished picture (<see cref="PolishStage"/>).</param>
/// <param name="Number">Sizes before this one.</param>
public sealed record PyramidLevel(int Height, int Width, double Divisor, int Iterations, bool Polish = false, int Number = 0);

/// <summary>What changes from one size of a run to the next, and where it begins.</summary>
/// <param name="CoarsestSide">Where the number of sizes is not said, the coarsest has at least this as its longer side.</param>
/// <param name="MoreWhenCoarse">Half the size runs this many times as many iterations.</param>
/// <param name="ContentFall">
/// The content weight is that of the first size, and divided by this at each finer one; colors weigh as many times less as content weighs more than 1
/// (STROTSS: Kolkin et al. 2019, section 2.5). 1: all weights are the same at all sizes.
/// </param>
/// <param name="LastRate">Factor on the learning rate of Adam, and of RMSprop, at the last size.</param>
/// <param name="Falling">What becomes of iterations and of L-BFGS's history after the first size; null: as above, and nothing.</param>
public sealed record SizeSchedule(int CoarsestSide = Pyramid.CoarsestSide, double MoreWhenCoarse = Pyramid.MoreWhenCoarse, double ContentFall = 1,
    double LastRate = 1, FallingSchedule? Falling = null)
{
    /// <summary>Iterations at a size.</summary>
    /// <param name="asked">At the final size; or at the first one, if they fall from there.</param>
    /// <param name="octaves">How much smaller than the final size.</param>
    /// <param name="number">Sizes before this one.</param>
    internal int Iterations(int asked, double octaves, int number) => Falling is { } falling
        ? Math.Max((int)(asked / Math.Pow(falling.Fewer, number)), Math.Min(asked, falling.Least))
        : Math.Max(1, (int)Math.Round(asked * Math.Pow(MoreWhenCoarse, octaves)));

    /// <summary>The settings of a size.</summary>
    internal TransferSettings Of(TransferSettings settings, PyramidLevel level)
    {
        var objective = settings.Objective;
        double content = objective.ContentWeight / Math.Pow(ContentFall, level.Number);
        if (ContentFall != 1) objective = objective with { ContentWeight = content, ColorWeight = objective.ColorWeight / Math.Max(1, content) };
        double rate = settings.Optimizer.AdamLearningRate * (level.Divisor == 1 ? LastRate : 1);
        int history = Falling is { } falling && level.Number > 0 ? Math.Min(settings.Optimizer.History, falling.History) : settings.Optimizer.History;
        return settings with { Objective = objective, Optimizer = settings.Optimizer with { AdamLearningRate = rate, History = history } };
    }
}

/// <summary>
/// Sizes of which the first does the most (SPST: Galerne, Raad, Lezama and Morel 2022, "SPST-fast"): halves as long as the shorter side is
/// longer than <paramref name="MostShortSide"/>.
/// </summary>
/// <param name="MostShortSide">The longest that the shorter side is at the first size.</param>
/// <param name="Fewer">Iterations are divided by this from one size to the next.</param>
/// <param name="Least">No size has fewer iterations, if so many were asked for.</param>
/// <param name="History">Pairs that L-BFGS remembers after the first size.</param>
public sealed record FallingSchedule(int MostShortSide, double Fewer, int Least, int History);

/// <summary>The sizes of a run, coarse to fine by halves, or by less (<see cref="TransferSettings.Strength"/>).</summary>
public static class Pyramid
{
    /// <summary>Automatic pyramids do not start below this longest side: from 64 px the content is lost.</summary>
    public const int CoarsestSide = 128;

    /// <summary>The longest side that strength is counted from in larger pictures: of those the network sees too little at once for a motif.</summary>
    public const int StrengthSide = 1024;

    /// <summary>Each coarser size runs this many times as many iterations: they cost a quarter each and lay out the strokes.</summary>
    public const double MoreWhenCoarse = 1.5;

    /// <summary>All that a run does, the pass over the finished picture last. Where the picture tiles each size does.</summary>
    /// <exception cref="RequestException">
    /// The coarsest size would be below the network's minimum, or the final one does not tile.
    /// </exception>
    public static IReadOnlyList<PyramidLevel> Levels(int height, int width, TransferSettings settings)
    {
        int unit = SideUnit(settings);
        if ((Fitted(height, unit), Fitted(width, unit)) != (height, width))
            throw new RequestException($"A picture of {width}x{height} does not tile; use sides that are multiples of {unit} px.");
        var levels = settings is { Scales: 0, Strength: { } strength }
            ? Levels(height, width, Halvings(strength, height, width), settings.Optimizer.Iterations, settings.Sizes)
            : Levels(height, width, Scales(height, width, settings), settings.Optimizer.Iterations, settings.Sizes);
        levels = [.. levels.Select(l => l with { Height = Fitted(l.Height, unit), Width = Fitted(l.Width, unit) })];
        return HasPolish(settings) ? [.. levels, new(height, width, 1, settings.Polish, Polish: true)] : levels;
    }

    /// <summary>
    /// What the sides of a run's pictures are multiples of: the stride of the deepest layer that any part of it looks at if they tile, else 1.
    /// </summary>
    public static int SideUnit(TransferSettings settings) => !settings.Objective.Tiles ? 1
        : Math.Max(settings.Objective.Deepest().Stride, HasPolish(settings) ? PolishStage.Of(settings).Objective.Deepest().Stride : 1);

    /// <summary>The multiple of a unit that is nearest to a side, one at least.</summary>
    public static int Fitted(int side, int unit) => Math.Max(1, (int)Math.Round((double)side / unit, MidpointRounding.AwayFromZero)) * unit;

    static bool HasPolish(TransferSettings settings) => settings.Polish > 0 && PolishStage.HasLosses(settings);

    /// <summary>The sizes by halves, coarsest first.</summary>
    /// <param name="height">Final height.</param>
    /// <param name="width">Final width.</param>
    /// <param name="scales">How many; 0 chooses so that the coarsest is at least <see cref="CoarsestSide"/>.</param>
    /// <param name="iterations">Iterations at the final size.</param>
    /// <param name="sizes">How many more at coarser ones, and where it begins; null: as usual.</param>
    /// <exception cref="RequestException">The coarsest size would be below the network's minimum.</exception>
    public static IReadOnlyList<PyramidLevel> Levels(int height, int width, int scales, int iterations, SizeSchedule? sizes = null)
    {
        sizes ??= new();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scales, 24);
        if (scales == 0)
            for (scales = 1; sizes.Falling is { } falling ? Math.Min(height, width) >> (scales - 1) > falling.MostShortSide
                : Math.Max(height, width) >> scales >= sizes.CoarsestSide && Math.Min(height, width) >> scales >= 2 * Vgg19.MinimumSide;) scales++;
        var levels = Levels(height, width, scales - 1.0, iterations, sizes);
        return Math.Min(levels[0].Height, levels[0].Width) >= Vgg19.MinimumSide ? levels
            : throw new RequestException($"{scales} scales of {width}x{height} begin at {levels[0].Width}x{levels[0].Height}, below the "
                + $"network's {Vgg19.MinimumSide} px; use fewer scales.");
    }

    /// <summary>How many sizes are asked for, or fewer if the picture allows no more and they will do.</summary>
    static int Scales(int height, int width, TransferSettings settings)
    {
        int scales = settings.Scales, side = Math.Min(height, width);
        while (settings.FewerScales && scales > 1 && Scaled(side, Math.Pow(2, scales - 1)) < Vgg19.MinimumSide) scales--;
        return scales;
    }

    /// <summary>A side at a coarser level.</summary>
    internal static int Scaled(int side, double divisor) => Math.Max(1, (int)Math.Round(side / divisor));

    /// <summary>So many halvings, in as few equal steps of a half at most as it takes.</summary>
    static IReadOnlyList<PyramidLevel> Levels(int height, int width, double halvings, int iterations, SizeSchedule sizes)
    {
        int steps = (int)Math.Ceiling(halvings);
        return [.. Enumerable.Range(0, steps + 1).Select(i => steps - i).Select(step =>
        {
            double octaves = steps == 0 ? 0 : halvings * step / steps, divisor = Math.Pow(2, octaves);
            int number = steps - step;
            return new PyramidLevel(Scaled(height, divisor), Scaled(width, divisor), divisor, sizes.Iterations(iterations, octaves, number), Number: number);
        })];
    }

    /// <summary>The halvings of a strength: more where a picture is large, fewer where it is small.</summary>
    static double Halvings(double strength, int height, int width)
    {
        double toStrength = Math.Max(0, Math.Log2(Math.Max(height, width) / (double)StrengthSide));
        return Math.Clamp(strength + toStrength, 0, Math.Max(0, Math.Log2(Math.Min(height, width) / (2.0 * Vgg19.MinimumSide))));
    }
}
