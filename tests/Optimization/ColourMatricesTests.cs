using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>The geometric mean that makes gains of steps and changes.</summary>
public sealed class ColourMatricesTests
{
    const double Furthest = 1000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_mean_takes_changes_to_steps(int seed)
    {
        Random random = new(seed);
        double[] s = Definite(random), y = Definite(random), g = new double[9];
        ColourMatrices.Mean(s, y, g);
        double[] back = Times(Times(g, y), g);
        for (int i = 0; i < 9; i++)
        {
            Assert.Equal(s[i], back[i], 1e-12);
            Assert.Equal(g[i], g[3 * (i % 3) + i / 3], 1e-15);
        }
        Assert.True(g[0] > 0 && g[0] * g[4] > g[1] * g[1]);
    }

    [Fact]
    public void Of_diagonal_matrices_it_is_the_root_of_the_quotient()
    {
        var g = new double[9];
        ColourMatrices.Mean([4, 0, 0, 0, 9, 0, 0, 0, 1], [1, 0, 0, 0, 4, 0, 0, 0, 16], g);
        Assert.Equal([2, 0, 0, 0, 1.5, 0, 0, 0, 0.25], g.Select(v => Math.Round(v, 14)));
    }

    /// <summary>Steps in one direction alone, and changes that rounding has left with a negative eigenvalue: gains stay within their bounds.</summary>
    [Theory]
    [InlineData(new double[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, new double[] { 1, 0, 0, 0, 1, 0, 0, 0, 1 })]
    [InlineData(new double[] { 1, 0, 0, 0, 1, 0, 0, 0, 1 }, new double[] { 1, 0.9, 0, 0.9, 0.8, 0, 0, 0, 1e-9 })]
    public void What_is_not_definite_is_bounded(double[] s, double[] y)
    {
        var g = new double[9];
        ColourMatrices.Mean(s, y, g);
        Assert.All(g, v => Assert.True(double.IsFinite(v)));
        // The eigenvalues' bounds are the diagonal's.
        Assert.InRange(g[0] + g[4] + g[8], 3 / Furthest, 3 * Furthest);
        foreach (int axis in (int[])[0, 4, 8]) Assert.InRange(g[axis], 0.999 / Furthest, 1.001 * Furthest);
    }

    static double[] Definite(Random random)
    {
        double[] a = [.. Enumerable.Range(0, 9).Select(_ => 2 * random.NextDouble() - 1)], m = Times(a, [a[0], a[3], a[6], a[1], a[4], a[7], a[2], a[5], a[8]]);
        for (int i = 0; i < 9; i += 4) m[i] += 0.05;
        return m;
    }

    static double[] Times(double[] a, double[] b)
    {
        var m = new double[9];
        for (int i = 0; i < 27; i++) m[3 * (i / 9) + i / 3 % 3] += a[3 * (i / 9) + i % 3] * b[3 * (i % 3) + i / 3 % 3];
        return m;
    }
}
