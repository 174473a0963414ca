using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>One size of a run.</summary>
/// <param name="Height">Of the result at this size.</param>
/// <param name="Width">Of the result at this size.</param>
/// <param name="Divisor">How many times smaller than the final size.</param>
/// <param name="Iterations">Iterations at this size.</param>
/// <param name="Polish">Whether this is the pass over the finished picture (<see cref="PolishStage"/>).</param>
public sealed record PyramidLevel(int Height, int Width, double Divisor, int Iterations, bool Polish = false);

/// <summary>The sizes of a run, coarse to fine by halves, or by less (<see cref="TransferSettings.Strength"/>).</summary>
public static class Pyramid
{
    /// <summary>Automatic pyramids do not start below this longest side: from 64 px the content is lost.</summary>
    public const int CoarsestSide = 128;

    /// <summary>Each coarser size runs this many times as many iterations: they cost a quarter each and lay out the strokes.</summary>
    public const double MoreWhenCoarse = 1.5;

    /// <summary>All that a run does, the pass over the finished picture last.</summary>
    /// <exception cref="ArgumentException">The coarsest size would be below the network's minimum.</exception>
    public static IReadOnlyList<PyramidLevel> Levels(int height, int width, TransferSettings settings)
    {
        var levels = settings is { Scales: 0, Strength: { } strength }
            ? Levels(height, width, AtMost(strength, Math.Min(height, width)), settings.Optimizer.Iterations, settings.MoreWhenCoarse)
            : Levels(height, width, Scales(height, width, settings), settings.Optimizer.Iterations, settings.MoreWhenCoarse);
        return settings.Polish == 0 || !PolishStage.HasLosses(settings) ? levels : [.. levels, new(height, width, 1, settings.Polish, Polish: true)];
    }

    /// <summary>The sizes by halves, coarsest first.</summary>
    /// <param name="height">Final height.</param>
    /// <param name="width">Final width.</param>
    /// <param name="scales">How many; 0 chooses so that the coarsest is at least <see cref="CoarsestSide"/>.</param>
    /// <param name="iterations">Iterations at the final size.</param>
    /// <param name="more">How many times as many a coarser size does.</param>
    /// <exception cref="ArgumentException">The coarsest size would be below the network's minimum.</exception>
    public static IReadOnlyList<PyramidLevel> Levels(int height, int width, int scales, int iterations, double more = MoreWhenCoarse)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scales, 24);
        if (scales == 0)
            for (scales = 1; Math.Max(height, width) >> scales >= CoarsestSide && Math.Min(height, width) >> scales >= 2 * Vgg19.MinimumSide;) scales++;
        var levels = Levels(height, width, scales - 1.0, iterations, more);
        return Math.Min(levels[0].Height, levels[0].Width) >= Vgg19.MinimumSide ? levels
            : throw new ArgumentException($"{scales} scales of {width}x{height} begin at {levels[0].Width}x{levels[0].Height}, below the network's {Vgg19.MinimumSide} px; use fewer scales.");
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
    static IReadOnlyList<PyramidLevel> Levels(int height, int width, double halvings, int iterations, double more)
    {
        int steps = (int)Math.Ceiling(halvings);
        return [.. Enumerable.Range(0, steps + 1).Select(i => steps - i).Select(step =>
        {
            double octaves = steps == 0 ? 0 : halvings * step / steps, divisor = Math.Pow(2, octaves);
            return new PyramidLevel(Scaled(height, divisor), Scaled(width, divisor), divisor, Math.Max(1, (int)Math.Round(iterations * Math.Pow(more, octaves))));
        })];
    }

    /// <summary>Fewer halvings where a picture is small.</summary>
    static double AtMost(double halvings, int side) => Math.Clamp(halvings, 0, Math.Max(0, Math.Log2(side / (2.0 * Vgg19.MinimumSide))));
}
