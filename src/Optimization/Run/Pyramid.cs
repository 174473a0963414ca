using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>One size of a run.</summary>
/// <param name="Height">Of the result at this size.</param>
/// <param name="Width">Of the result at this size.</param>
/// <param name="Divisor">How many times smaller than the final size.</param>
/// <param name="Iterations">Iterations at this size.</param>
public sealed record PyramidLevel(int Height, int Width, int Divisor, int Iterations);

/// <summary>The sizes of a run, coarse to fine by halves.</summary>
public static class Pyramid
{
    /// <summary>Automatic pyramids do not start below this longest side: from 64 px the content is lost.</summary>
    public const int CoarsestSide = 128;

    /// <summary>Each coarser size runs this many times as many iterations: they cost a quarter each and lay out the strokes.</summary>
    public const double MoreWhenCoarse = 1.5;

    /// <summary>The levels, coarsest first.</summary>
    /// <param name="height">Final height.</param>
    /// <param name="width">Final width.</param>
    /// <param name="scales">How many; 0 chooses so that the coarsest is at least <see cref="CoarsestSide"/>.</param>
    /// <param name="iterations">Iterations at the final size.</param>
    /// <exception cref="ArgumentException">The coarsest size would be below the network's minimum.</exception>
    public static IReadOnlyList<PyramidLevel> Levels(int height, int width, int scales, int iterations)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scales, 24);
        if (scales == 0)
            for (scales = 1; Math.Max(height, width) >> scales >= CoarsestSide && Math.Min(height, width) >> scales >= 2 * Vgg19.MinimumSide;) scales++;
        var levels = new List<PyramidLevel>();
        for (int i = scales - 1; i >= 0; i--)
        {
            int divisor = 1 << i;
            int h = Scaled(height, divisor), w = Scaled(width, divisor);
            if (Math.Min(h, w) < Vgg19.MinimumSide)
                throw new ArgumentException($"{scales} scales of {width}x{height} begin at {w}x{h}, below the network's {Vgg19.MinimumSide} px; use fewer scales.");
            levels.Add(new(h, w, divisor, Math.Max(1, (int)Math.Round(iterations * Math.Pow(MoreWhenCoarse, i)))));
        }
        return levels;
    }

    /// <summary>A side at a coarser level.</summary>
    internal static int Scaled(int side, int divisor) => Math.Max(1, (int)Math.Round((double)side / divisor));
}
