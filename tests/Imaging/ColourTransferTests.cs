using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>Colours of one picture for another, against what they promise and against known values.</summary>
public sealed class ColourTransferTests
{
    /// <summary>Of the middle of the range, so that nothing has to be clamped.</summary>
    static readonly Picture Warm = Patterns.Fill(47, 31, (x, y) => (150 + 40 * MathF.Sin(x * 0.7f + y), 120 + 20 * MathF.Sin(x * 1.3f), 90 + 25 * MathF.Cos(y * 0.9f + x * 0.2f))),
        Cold = Patterns.Fill(29, 53, (x, y) => (100 + 15 * MathF.Cos(x * 0.3f), 125 + 18 * MathF.Sin(y * 0.5f + x), 150 + 22 * MathF.Sin(x * 0.8f - y * 0.4f)));

    static Picture MatchCovariance(Picture picture, Picture target, ColourSpace space, CovarianceRoot root) =>
        ColourTransfer.Covariance(ColourStatistics.Of(picture, space), ColourStatistics.Of(target, space), root).Of(picture);

    static Picture MatchHistogram(Picture picture, Picture target, ColourSpace space) => ColourTransfer.Histogram(ColourStatistics.Of(picture, space), ColourStatistics.Of(target, space)).Of(picture);

    public static TheoryData<ColourSpace, CovarianceRoot> Covariances()
    {
        var data = new TheoryData<ColourSpace, CovarianceRoot>();
        foreach (var space in Enum.GetValues<ColourSpace>())
            foreach (var root in Enum.GetValues<CovarianceRoot>()) data.Add(space, root);
        return data;
    }

    /// <summary>Pixels are floats: a part in 10^5 of the deviation.</summary>
    [Theory]
    [MemberData(nameof(Covariances))]
    public void Mean_and_covariance_become_the_targets(ColourSpace space, CovarianceRoot root)
    {
        var matched = ColourStatistics.Of(MatchCovariance(Warm, Cold, space, root), space);
        var wanted = ColourStatistics.Of(Cold, space);
        double deviation = Math.Sqrt(wanted.Covariance[0, 0]);
        for (int a = 0; a < 3; a++)
        {
            Assert.Equal(wanted.Mean[a], matched.Mean[a], 1e-4 * deviation);
            for (int b = 0; b < 3; b++) Assert.Equal(wanted.Covariance[a, b], matched.Covariance[a, b], 1e-4 * deviation * deviation);
        }
    }

    /// <summary>The three matrices differ, and the symmetric one moves colours least.</summary>
    [Fact]
    public void The_symmetric_root_moves_least()
    {
        double Moved(CovarianceRoot root) => MatchCovariance(Warm, Cold, ColourSpace.Rgb, root).Rgb.Zip(Warm.Rgb, (a, b) => Math.Pow(a - b, 2)).Sum();
        Assert.True(Moved(CovarianceRoot.Symmetric) < Moved(CovarianceRoot.Pca));
        Assert.True(Moved(CovarianceRoot.Symmetric) < Moved(CovarianceRoot.Cholesky));
    }

    [Theory]
    [InlineData(ColourSpace.Rgb)]
    [InlineData(ColourSpace.Lab)]
    public void Nothing_changes_where_nothing_has_to(ColourSpace space)
    {
        foreach (var root in Enum.GetValues<CovarianceRoot>())
            Assert.True(Patterns.LargestDifference(Warm.Rgb, MatchCovariance(Warm, Warm, space, root).Rgb) < 1e-3);
        Assert.True(Patterns.LargestDifference(Warm.Rgb, MatchHistogram(Warm, Warm, space).Rgb) < 1e-3);
    }

    /// <summary>A picture of one colour has no covariance to match; it takes the target's mean.</summary>
    [Fact]
    public void A_flat_picture_takes_the_mean()
    {
        var flat = MatchCovariance(Patterns.Fill(8, 8, (_, _) => (10, 20, 30)), Cold, ColourSpace.Rgb, CovarianceRoot.Symmetric);
        var mean = ColourStatistics.Of(Cold, ColourSpace.Rgb).Mean;
        for (int c = 0; c < 3; c++) Assert.All(flat.Rgb[(64 * c)..(64 * c + 64)], v => Assert.Equal(mean[c], v, 1e-3));
    }

    [Fact]
    public void Histograms_become_the_targets()
    {
        // Equal values stay equal, so none are.
        var many = Patterns.Fill(47, 31, (x, y) => (90 + (x * 31 + y) * 0.05f, 200 - (x * 31 + y) * 0.03f, 60 + (y * 47 + x) * 0.04f));
        var matched = MatchHistogram(many, Cold, ColourSpace.Rgb);
        for (int c = 0; c < 3; c++)
        {
            float[] Quantiles(Picture p)
            {
                float[] values = [.. p.Rgb.Skip(c * p.Pixels).Take(p.Pixels).Order()];
                return [.. Enumerable.Range(0, 21).Select(i => values[i * (values.Length - 1) / 20])];
            }
            // A quantile falls between two of some 1500 values.
            Assert.True(Patterns.LargestDifference(Quantiles(Cold), Quantiles(matched)) < 0.5);
        }
    }

    /// <summary>Strips of a file, whatever their heights: the same statistics, and the same colours.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_picture_in_strips_is_the_same(int rows)
    {
        var statistics = new ColourStatistics(ColourSpace.Lab);
        void Strips(Action<int, float[]> take)
        {
            for (int top = 0; top < Warm.Height; top += rows)
            {
                int count = Math.Min(rows, Warm.Height - top) * Warm.Width;
                take(top * Warm.Width, [.. Enumerable.Range(0, 3).SelectMany(c => Warm.Rgb.Skip(c * Warm.Pixels + top * Warm.Width).Take(count))]);
            }
        }
        Strips((_, rgb) => statistics.Add(rgb));
        var wanted = ColourStatistics.Of(Cold, ColourSpace.Lab);
        foreach (var make in new Func<ColourStatistics, ColourMap>[] { own => ColourTransfer.Histogram(own, wanted), own => ColourTransfer.Covariance(own, wanted, CovarianceRoot.Pca) })
        {
            var whole = make(ColourStatistics.Of(Warm, ColourSpace.Lab)).Of(Warm);
            var map = make(statistics);
            Strips((at, rgb) =>
            {
                map.Apply(rgb, rgb);
                for (int c = 0; c < 3; c++) Assert.Equal(whole.Rgb.AsSpan(c * Warm.Pixels + at, rgb.Length / 3), rgb.AsSpan(c * rgb.Length / 3, rgb.Length / 3));
            });
        }
    }

    /// <summary>Between values that occur, as a picture of another size has them, and beyond them.</summary>
    [Fact]
    public void A_histogram_says_what_becomes_of_values_that_it_has_not_seen()
    {
        static ColourStatistics Grey(params float[] levels) => ColourStatistics.Of(Patterns.Fill(levels.Length, 1, (x, _) => (levels[x], levels[x], levels[x])), ColourSpace.Rgb);
        var map = ColourTransfer.Histogram(Grey(40, 60, 60, 80), Grey(100, 120, 130, 200));
        float[] values = [0, 40, 50, 60, 80, 90], rgb = [.. values, .. values, .. values];
        map.Apply(rgb, rgb);
        // The two 60 share the mean of ranks 1 and 2. A bin is 0.0003 wide, and the steepest line rises 5 to 1.
        Assert.All(new[] { 100, 100, 112.5f, 125, 200, 200 }.Zip(rgb), pair => Assert.Equal(pair.First, pair.Second, 2e-3f));
    }

    /// <summary>Rank by rank: halfway between the two pictures' levels, whatever the order of their pixels.</summary>
    [Fact]
    public void Several_histograms_have_a_mean()
    {
        static ColourStatistics Grey(params float[] levels) => ColourStatistics.Of(Patterns.Fill(levels.Length, 1, (x, _) => (levels[x], levels[x], levels[x])), ColourSpace.Rgb);
        var map = ColourTransfer.Histogram(Grey(10, 20, 30), [(Grey(90, 50, 70), 0.25), (Grey(100, 200, 210), 0.75)]);
        float[] rgb = [30, 10, 20, 30, 10, 20, 30, 10, 20];
        map.Apply(rgb, rgb);
        Assert.All(new[] { 180, 87.5f, 167.5f }.Zip(rgb), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
    }

    [Fact]
    public void What_is_transparent_does_not_count()
    {
        var seen = Patterns.Fill(20, 9, (x, y) => x < 10 ? (30 + x, 40 + y * x, 90 - 4 * y) : (255, 0, 255)) with { Alpha = [.. Enumerable.Range(0, 180).Select(i => i % 20 < 10 ? 0.5f : 0)] };
        var half = Patterns.Fill(10, 9, (x, y) => (30 + x, 40 + y * x, 90 - 4 * y));
        ColourStatistics a = ColourStatistics.Of(seen, ColourSpace.Rgb), b = ColourStatistics.Of(half, ColourSpace.Rgb);
        Assert.Equal(b.Mean, a.Mean);
        Assert.Equal(b.Covariance, a.Covariance);
        Assert.All(ColourTransfer.Histogram(a, b).Of(half).Rgb.Zip(half.Rgb), pair => Assert.Equal(pair.Second, pair.First, 1e-3f));
    }

    [Theory]
    [InlineData(ColourSpace.Yiq)]
    [InlineData(ColourSpace.Yuv)]
    [InlineData(ColourSpace.Lab)]
    public void Luminance_of_one_and_colour_of_another(ColourSpace space)
    {
        var cold = PictureFile.Resize(Cold, Warm.Width, Warm.Height);
        var mixed = Warm with { Rgb = new float[Warm.Rgb.Length] };
        ColourTransfer.WithChrominance(Warm.Rgb, cold.Rgb, mixed.Rgb, space);
        for (int i = 0; i < mixed.Pixels; i += 37)
        {
            Assert.Equal(Warm.Colour(i, space).A, mixed.Colour(i, space).A, 1e-3);
            Assert.Equal(cold.Colour(i, space).B, mixed.Colour(i, space).B, 1e-3);
            Assert.Equal(cold.Colour(i, space).C, mixed.Colour(i, space).C, 1e-3);
        }
        var grey = ColourTransfer.Luminance(ColourStatistics.Of(Warm, space), ColourStatistics.Of(cold, space)).Of(Warm);
        Assert.True(Patterns.LargestDifference(grey.Rgb[..grey.Pixels], grey.Rgb[grey.Pixels..(2 * grey.Pixels)]) < 0.01, "that is not grey");
        var (wanted, matched) = (ColourStatistics.Of(cold, space), ColourStatistics.Of(grey, space));
        Assert.Equal(wanted.Mean[0], matched.Mean[0], 1e-2);
        Assert.Equal(Math.Sqrt(wanted.Covariance[0, 0]), Math.Sqrt(matched.Covariance[0, 0]), 1e-2);
    }

    [Fact]
    public void A_space_without_luminance_is_refused() =>
        Assert.Contains("no luminance", Assert.Throws<ArgumentException>(() => ColourTransfer.Luminance(ColourSpace.LinearRgb)).Message);

    /// <summary>L*a*b* of sRGB's primaries as colour calculators give them, and the axes of YIQ and YUV from their definitions.</summary>
    [Theory]
    [InlineData(ColourSpace.Lab, 255, 255, 255, 100, 0, 0)]
    [InlineData(ColourSpace.Lab, 255, 0, 0, 53.24, 80.09, 67.20)]
    [InlineData(ColourSpace.Lab, 0, 0, 255, 32.30, 79.19, -107.86)]
    [InlineData(ColourSpace.Lab, 5, 5, 5, 1.37, 0, 0)]
    [InlineData(ColourSpace.Yiq, 255, 0, 0, 76.245, 151.98, 53.96)]
    [InlineData(ColourSpace.Yuv, 255, 0, 0, 76.245, -37.51, 156.77)]
    [InlineData(ColourSpace.LinearRgb, 128, 0, 255, 0.21586, 0, 1)]
    public void Known_colours(ColourSpace space, double r, double g, double b, double first, double second, double third)
    {
        var p = space.From(r, g, b);
        double tolerance = space == ColourSpace.LinearRgb ? 1e-4 : 0.05; // of the figures
        Assert.Equal(first, p.A, tolerance);
        Assert.Equal(second, p.B, tolerance);
        Assert.Equal(third, p.C, tolerance);
        var back = space.ToRgb(p);
        Assert.Equal(r, back.A, 0.02);
        Assert.Equal(g, back.B, 0.02);
        Assert.Equal(b, back.C, 0.02);
    }
}
