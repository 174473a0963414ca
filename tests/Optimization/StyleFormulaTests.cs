using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>
/// The losses' values against their formulas, written here once more in float64 over plain arrays of features. The reference computes in float64
/// as well, so that nothing but the order of sums differs.
/// </summary>
public sealed class StyleFormulaTests
{
    const int Height = 24, Width = 30;
    const double Tolerance = 1e-9;

    static readonly string[] Layers = ["relu1_1", "relu2_1"];

    /// <summary>Features [N,M] of the three pictures of <see cref="ControlCase"/> at a layer: the result's, the first style's and the second's.</summary>
    static double[][][] Features(VggLayer layer)
    {
        using var device = new ReferenceDevice();
        using var network = new FeatureNetwork(device, OwnGolden.Narrow, PoolingKind.Average, layer);
        double[][] Of(Shape shape, float[] pixels)
        {
            using var picture = device.Allocate(shape, pixels);
            using var pass = new FeaturePass(network, shape.Height, shape.Width, seeded: null);
            double[][] found = [];
            pass.Forward(0, picture, (at, features, _) =>
            {
                if (at == layer) found = [.. Enumerable.Range(0, features.Shape.Channels).Select(c =>
                    features.Values().Slice(c * (int)features.Shape.Positions, (int)features.Shape.Positions).ToArray())];
            });
            return found;
        }
        Shape shape = new(3, Height, Width), first = new(3, Height + 5, Width + 9), second = new(3, Height, Width + 4);
        return [Of(shape, OwnGolden.Pixels(shape, 3)), Of(first, OwnGolden.Pixels(first, 2)), Of(second, [.. OwnGolden.Pixels(second, 4).Select(v => 0.7f * v)]), Of(shape, OwnGolden.Pixels(shape, 1))];
    }

    /// <summary>Mean of w F and of w F F^T, with weights of sum 1.</summary>
    static (double[] Mean, double[,] Gram) Statistics(double[][] f, double[]? weights = null)
    {
        int n = f.Length, m = f[0].Length;
        double sum = weights?.Sum() ?? m;
        double[] w = [.. Enumerable.Range(0, m).Select(p => (weights?[p] ?? 1) / sum)], mean = [.. f.Select(row => row.Zip(w, (v, k) => v * k).Sum())];
        var gram = new double[n, n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int p = 0; p < m; p++) gram[i, j] += w[p] * f[i][p] * f[j][p];
        return (mean, gram);
    }

    static (double[] Mean, double[,] Gram) Mix((double[] Mean, double[,] Gram) a, (double[] Mean, double[,] Gram) b, double share)
    {
        var gram = new double[a.Mean.Length, a.Mean.Length];
        for (int i = 0; i < a.Mean.Length; i++)
            for (int j = 0; j < a.Mean.Length; j++) gram[i, j] = share * a.Gram[i, j] + (1 - share) * b.Gram[i, j];
        return ([.. a.Mean.Zip(b.Mean, (x, y) => share * x + (1 - share) * y)], gram);
    }

    static double[,] Covariance((double[] Mean, double[,] Gram) s)
    {
        var c = (double[,])s.Gram.Clone();
        for (int i = 0; i < s.Mean.Length; i++)
            for (int j = 0; j < s.Mean.Length; j++) c[i, j] -= s.Mean[i] * s.Mean[j];
        return c;
    }

    static double Squares(double[,] a, double[,] b) => a.Cast<double>().Zip(b.Cast<double>(), (x, y) => (x - y) * (x - y)).Sum();

    /// <summary>The loss of a layer, from statistics of the result and of the target.</summary>
    static double Loss(string name, (double[] Mean, double[,] Gram) x, (double[] Mean, double[,] Gram) a)
    {
        double n = x.Mean.Length;
        if (name.Contains("covariance")) return Squares(Covariance(x), Covariance(a)) / Math.Pow(n, 4);
        if (name.Contains("moments"))
        {
            // SPST: its weights of means and deviations are 10 n^2 times that of the Gram matrix, each on a mean of squares.
            double Deviation((double[] Mean, double[,] Gram) s, int i) => Math.Sqrt(s.Gram[i, i] - s.Mean[i] * s.Mean[i]);
            double gram = Squares(x.Gram, a.Gram) / (n * n), moments = Enumerable.Range(0, (int)n).Sum(i => Math.Pow(x.Mean[i] - a.Mean[i], 2) + Math.Pow(Deviation(x, i) - Deviation(a, i), 2)) / n;
            return (gram + 10 * n * n * moments) / (n * n);
        }
        return name.Contains("Wasserstein") ? Wasserstein(x, a) / n : Squares(x.Gram, a.Gram) / (name.Contains("paper") ? 4 * n * n : Math.Pow(n, 4));
    }

    /// <summary>tr (C_a^1/2 C C_a^1/2)^1/2 is the trace of the root of C C_a, which Denman and Beavers' iteration finds.</summary>
    static double Wasserstein((double[] Mean, double[,] Gram) x, (double[] Mean, double[,] Gram) a)
    {
        int n = x.Mean.Length;
        double[,] c = Covariance(x), t = Covariance(a), product = new double[n, n];
        double smoothing = 2e-3 * Math.Sqrt(t.Cast<double>().Sum(v => v * v)), distance = x.Mean.Zip(a.Mean, (u, v) => (u - v) * (u - v)).Sum();
        for (int i = 0; i < n; i++)
        {
            c[i, i] += smoothing;
            t[i, i] += smoothing;
            distance += c[i, i] + t[i, i];
        }
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int k = 0; k < n; k++) product[i, j] += c[i, k] * t[k, j];
        double[,] y = product, z = new double[n, n];
        for (int i = 0; i < n; i++) z[i, i] = 1;
        for (int round = 0; round < 40; round++)
        {
            double[,] inverseY = Inverse(y), inverseZ = Inverse(z), nextY = new double[n, n], nextZ = new double[n, n];
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) (nextY[i, j], nextZ[i, j]) = ((y[i, j] + inverseZ[i, j]) / 2, (z[i, j] + inverseY[i, j]) / 2);
            (y, z) = (nextY, nextZ);
        }
        for (int i = 0; i < n; i++) distance -= 2 * y[i, i];
        return distance;
    }

    /// <summary>By Gauss and Jordan, with pivots.</summary>
    static double[,] Inverse(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        var a = (double[,])matrix.Clone();
        var b = new double[n, n];
        for (int i = 0; i < n; i++) b[i, i] = 1;
        for (int k = 0; k < n; k++)
        {
            int pivot = Enumerable.Range(k, n - k).MaxBy(i => Math.Abs(a[i, k]));
            for (int j = 0; j < n; j++) (a[k, j], a[pivot, j], b[k, j], b[pivot, j]) = (a[pivot, j], a[k, j], b[pivot, j], b[k, j]);
            double scale = 1 / a[k, k];
            for (int j = 0; j < n; j++) (a[k, j], b[k, j]) = (a[k, j] * scale, b[k, j] * scale);
            for (int i = 0; i < n; i++)
            {
                double factor = a[i, k];
                if (i == k || factor == 0) continue;
                for (int j = 0; j < n; j++) (a[i, j], b[i, j]) = (a[i, j] - factor * a[k, j], b[i, j] - factor * b[k, j]);
            }
        }
        return b;
    }

    [Theory]
    [InlineData("Gram")]
    [InlineData("paper")]
    [InlineData("moments")]
    [InlineData("covariance")]
    [InlineData("Wasserstein")]
    [InlineData("Gram+losses")]
    [InlineData("moments+losses")]
    [InlineData("covariance+losses")]
    public void Styles_mixed_by_targets_and_by_losses(string name)
    {
        using var device = new ReferenceDevice();
        var (losses, _) = ControlCase.Evaluate(device, name, Height, Width, 0, Layers);
        for (int l = 0; l < (name == "Wasserstein" ? 1 : 2); l++)
        {
            var features = Features(Vgg19.Find(Layers[l]));
            var (x, first, second) = (Statistics(features[0]), Statistics(features[1]), Statistics(features[2]));
            double expected = name.Contains("losses") ? 0.7 * Loss(name, x, first) + 0.3 * Loss(name, x, second) : Loss(name, x, Mix(first, second, 0.7));
            // A distance is a small difference of large traces; a target's deviations pass through float32 on the host.
            Assert.Equal(1, losses.StyleLayers[l] / expected, name == "Wasserstein" ? 1e-6 : name.Contains("moments") ? 1e-7 : Tolerance);
        }
    }

    /// <summary>
    /// Gatys et al. 2017: G_r is the sum of T^2 F F^T with T^2 of sum 1; a region counts with its share of the positions. T at the first layer is the
    /// mean of the mask over 3x3 positions that lie in the picture.
    /// </summary>
    [Fact]
    public void Guided_Gram_matrices()
    {
        using var device = new ReferenceDevice();
        var (losses, _) = ControlCase.Evaluate(device, "masks", Height, Width, 0, Layers);
        var features = Features(Vgg19.Find("relu1_1"));
        double expected = 0;
        foreach (var region in ControlCase.Guidance("masks")!.Regions)
        {
            double[] weights = Squared(region.Where!, Height, Width);
            var x = Statistics(features[0], weights);
            (double[], double[,]) target = region.Styles.Count == 2
                ? Mix(Statistics(features[1]), Statistics(features[2]), 0.6)
                : Statistics(features[2], Squared(region.Styles[0].Mask!, Height, Width + 4));
            expected += region.Weight * weights.Sum() / (Height * Width) * Loss("Gram", x, target);
        }
        // Masks are float32.
        Assert.Equal(1, losses.StyleLayers[0] / expected, 1e-5);
    }

    /// <summary>
    /// The Gram matrix of features with a channel for each region stacked on them, in a picture and in one that has each region's style there: the channels have
    /// the energy of all features, and the second counts with its weight. What is stacked on what does not depend on the picture.
    /// </summary>
    [Fact]
    public void Guided_sums()
    {
        using var device = new ReferenceDevice();
        var (losses, _) = ControlCase.Evaluate(device, "sums", Height, Width, 0, Layers);
        var features = Features(Vgg19.Find("relu1_1"));
        var regions = ControlCase.Guidance("sums")!.Regions;
        // Channels T: what Squared gives is their squares.
        double[][] channels = [.. regions.Select(r => Squared(r.Where!, Height, Width).Select(Math.Sqrt).ToArray())];
        int positions = Height * Width, n = features[0].Length;
        var x = Statistics(features[0]);
        var aims = new[] { Mix(Statistics(features[1]), Statistics(features[2]), 0.6), Statistics(features[2], [.. Squared(regions[1].Styles[0].Mask!, Height, Width + 4).Select(Math.Sqrt)]) };
        double[] parts = [.. channels.Select(c => c.Sum() / positions)];
        Assert.Equal(1, parts.Sum(), 1e-6);
        var aim = Mix(aims[0], aims[1], parts[0]);
        double energy = Enumerable.Range(0, n).Sum(i => aim.Gram[i, i]), expected = Squares(x.Gram, aim.Gram);
        for (int r = 0; r < 2; r++)
            for (int i = 0; i < n; i++)
            {
                double sum = features[0][i].Zip(channels[r], (f, t) => f * t).Sum() / positions;
                expected += 2 * energy * regions[r].Weight * Math.Pow(sum - parts[r] * aims[r].Mean[i], 2);
            }
        // Masks are float32.
        Assert.Equal(1, losses.StyleLayers[0] / (expected / Math.Pow(n, 4)), 1e-5);
    }

    static double[] Squared(MaskSource mask, int height, int width)
    {
        float[] values = mask.AtSize(height, width);
        return [.. Enumerable.Range(0, height * width).Select(at =>
        {
            var inside = from y in Enumerable.Range(at / width - 1, 3) from x in Enumerable.Range(at % width - 1, 3) where y >= 0 && y < height && x >= 0 && x < width select (double)values[y * width + x];
            return Math.Pow(inside.Average(), 2);
        })];
    }

    [Fact]
    public void Content_relative_to_its_energy()
    {
        using var device = new ReferenceDevice();
        var (losses, _) = ControlCase.Evaluate(device, "relative", Height, Width, 0, Layers);
        var features = Features(Vgg19.Find("relu2_1"));
        double[] x = [.. features[0].SelectMany(r => r)], target = [.. features[3].SelectMany(r => r)];
        Assert.Equal(1, losses.ContentLayers[0] / (x.Zip(target, (a, b) => (a - b) * (a - b)).Sum() / target.Sum(v => v * v)), Tolerance);
    }

    /// <summary>neural-style's: each layer's gradient has the sum of absolute values that its weight says, wherever the picture is.</summary>
    [Fact]
    public void Normalised_gradients_have_the_length_of_their_weights()
    {
        using var device = new ReferenceDevice();
        double[] Norm(double weight) => ControlCase.Evaluate(device, "normalised", Height, Width, 0, ["relu1_1"], (objective, x, gradient) => gradient.Values().ToArray(), s => s with { ContentWeight = weight, StyleWeight = 0, TvWeight = 0 });
        double[] one = Norm(1), three = Norm(3);
        Assert.All(one.Zip(three), pair => Assert.Equal(3 * pair.First, pair.Second, 1e-12));
        double[] other = ControlCase.Evaluate(device, "normalised+relative", Height, Width, 0, ["relu1_1"], (objective, x, gradient) => gradient.Values().ToArray(), s => s with { ContentWeight = 1, StyleWeight = 0, TvWeight = 0 });
        // Whatever the loss is divided by, but for the 1e-8 that keeps the quotient finite.
        Assert.All(one.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-7));
    }
}
