using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>The preconditioner in float64, and L-BFGS's recursion with it against the recursion as the book has it.</summary>
public sealed class PreconditionerTests : IDisposable
{
    readonly ReferenceDevice device = new();
    readonly Random random = new(3);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 9)]
    [InlineData(2, 3)]
    [InlineData(7, 10)]
    public void Symmetric_and_positive_definite(int height, int width)
    {
        var m = Dense(new(3, height, width), Uneven());
        int n = m.GetLength(0);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) Assert.Equal(m[i, j], m[j, i], 30 * 1e-6); // factors are float32, and gains reach 30
        // Cholesky. M is at least its least gain times the identity, so every pivot is at least that, but for rounding of gains a thousand times as large.
        double least = LeastGain;
        for (int k = 0; k < n; k++)
        {
            Assert.True(m[k, k] > least * (1 - 1e-3), $"pivot {k} is {m[k, k]}");
            for (int i = k + 1; i < n; i++)
                for (int j = k + 1; j <= i; j++) m[j, i] = m[i, j] -= m[i, k] * m[j, k] / m[k, k];
        }
    }

    /// <summary>
    /// Far from the edges only the slowest octave sees a constant. Its 64 px cells are four across a picture of this size, and the edges are felt by some 1e-4.
    /// </summary>
    [Fact]
    public void Constants_are_scaled_by_the_slowest_octave_s_gain()
    {
        var shape = new Shape(3, 300, 300);
        var gains = new BandGains(1);
        gains.Add(1, Diagonal(i => i + 1), Diagonal(_ => 1));
        foreach (var (colour, axis) in new (float[], int)[] { ([1, 1, 1], 0), ([1, 0, -1], 1), ([1, -2, 1], 2) })
        {
            double factor = gains[Preconditioner.Bands - 1][4 * axis];
            var result = Apply(shape, [.. colour.SelectMany(c => Enumerable.Repeat(c, 300 * 300))], gains);
            for (int c = 0; c < 3; c++) Assert.Equal(factor * colour[c], result[(c * 300 + 150) * 300 + 150], 2e-4 * factor); // the next octave's gain is 8 % off
        }
    }

    /// <summary>The parts of a vector in the bands add up to the whole, and v.Mv is their sum with the gains as weights.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(70, 90)]
    [InlineData(130, 200)]
    public void Squares_of_the_bands_are_shares_of_the_vector_s(int height, int width)
    {
        var shape = new Shape(3, height, width);
        float[] values = [.. Draw((int)shape.Count).Select(v => (float)v)];
        double[] products = Products(shape, values), exact = [.. values.Select(v => (double)v)];
        Assert.All(Squares(products), square => Assert.True(square >= 0));
        Assert.Equal(1, Squares(products).Sum() / Inner(exact, exact), 1e-6); // the axes are float32
        var gains = Uneven();
        double expected = 0;
        for (int b = 0; b < Preconditioner.Bands; b++)
            for (int i = 0; i < 9; i++) expected += gains[b][i] * Matrix(products, b)[i / 3, i % 3];
        Assert.Equal(1, expected / Inner(exact, Apply(shape, values, gains)), 1e-5);
    }

    /// <summary>
    /// The filter is soft: half an octave below the upper border, at 0.36 of the sampling rate, nine tenths of a wave are in the finest octave, most of it in the finer of its two bands,
    /// and half in the others.
    /// </summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 1)]
    public void A_wave_lies_in_its_octave_and_colour(int octave, int axis)
    {
        const int Size = 256;
        double frequency = 0.36 * Math.Pow(2, -1 - octave);
        var values = new float[3 * Size * Size];
        for (int i = 0; i < values.Length; i++)
            values[i] = Preconditioner.Axes[3 * axis + i / (Size * Size)] * (float)(Math.Sin(2 * Math.PI * frequency * (i % Size)) * Math.Sin(2 * Math.PI * frequency * (i / Size % Size)));
        double[] squares = Squares(Products(new(3, Size, Size), values));
        Assert.Equal(3 * (octave == 0 ? 0 : octave + 1) + axis, Array.IndexOf(squares, squares.Max()));
    }

    /// <summary>Pairs of a quadratic whose Hessian mixes each band's colours have the gains that undo it, whatever they were before; the last pair's gamma then restores its scale.</summary>
    [Fact]
    public void Gains_are_the_inverse_of_a_band_s_Hessian()
    {
        var gains = new BandGains(3);
        double[][,] hessians = [.. Enumerable.Range(0, Preconditioner.Bands).Select(b => Definite(Math.Pow(1.7, b % 5 - 2)))];
        for (int pair = 0; pair < 3; pair++)
        {
            double[][,] s = [.. hessians.Select(_ => Definite(1))], y = [.. hessians.Zip(s, (h, a) => Times(Times(h, a), h))];
            gains.Add(hessians.Zip(s, (h, a) => Trace(Times(h, a))).Sum(), Products(s), Products(y));
        }
        for (int b = 0; b < hessians.Length; b++)
        {
            var identity = Times(Square(gains[b]), hessians[b]);
            for (int i = 0; i < 9; i++) Assert.Equal(i % 4 == 0 ? 1 : 0, gains.Gamma * identity[i / 3, i % 3], 1e-9);
        }
    }

    /// <summary>Two pairs say nothing of what lies between the colours.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Colours_are_mixed_from_three_pairs_on(int window, bool mixed)
    {
        var gains = new BandGains(window);
        for (int pair = 0; pair < window; pair++) gains.Add(1, Products([.. Enumerable.Range(0, Preconditioner.Bands).Select(_ => Definite(1))]), Diagonal(_ => 1));
        for (int b = 0; b < Preconditioner.Bands; b++)
            foreach (int entry in (int[])[1, 2, 5]) Assert.Equal(mixed, gains[b][entry] != 0);
    }

    /// <summary>Of three pairs the first is forgotten; with none the gains stay and gamma is 1.</summary>
    [Fact]
    public void Gains_look_back_on_the_last_pairs_alone()
    {
        double[] ones = Diagonal(_ => 1), uneven = Diagonal(i => i + 1);
        BandGains all = new(2), last = new(2);
        all.Add(1, uneven, ones);
        foreach (var gains in (BandGains[])[all, last])
        {
            gains.Add(3, ones, ones);
            gains.Add(2, ones, uneven);
        }
        for (int b = 0; b < Preconditioner.Bands; b++) Assert.Equal(last[b].ToArray(), all[b].ToArray());
        Assert.NotEqual(last[0][0], last[3][0]);
        Assert.Equal(last.Gamma, all.Gamma);
        all.Clear();
        Assert.Equal(1, all.Gamma);
        Assert.Equal(last[3].ToArray(), all[3].ToArray());
    }

    [Fact]
    public void A_colour_in_which_nothing_moves_keeps_its_gain()
    {
        BandGains fresh = new(1), gains = new(1);
        // The bands of these colours have small shares themselves.
        double[] s = Diagonal(i => i == 4 ? 0 : i < 9 ? 1e-8 * (i + 1) : i + 1), y = Diagonal(i => i == 7 ? 0 : i < 9 ? 1e-6 : 1);
        gains.Add(1, s, y);
        double all = Math.Sqrt(Squares(y).Sum() / Squares(s).Sum());
        foreach (int band in (int[])[1, 2])
        {
            Assert.Equal(fresh[band][4], gains[band][4], 1e-12);
            Assert.Equal(all * Math.Sqrt(1e-2 * (3 * band + 1)), gains[band][0], 1e-12);
        }
        Assert.NotEqual(fresh[3][4], gains[3][4], 1e-3);
    }

    /// <summary>Nine steps through a quadratic whose Hessian is a random positive definite matrix, remembering four.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 3)]
    public void The_recursion_is_the_book_s(bool preconditioned, int window)
    {
        const int Capacity = 4;
        var shape = new Shape(3, 3, 4);
        int n = (int)shape.Count;
        var hessian = new double[n, n];
        for (int k = 0; k < n; k++)
        {
            var v = Draw(n);
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) hessian[i, j] += v[i] * v[j];
            hessian[k, k] += 0.1;
        }
        var gains = new BandGains(window);
        var m = Dense(shape, gains);
        double[] Scaled(double[] g) => preconditioned ? Times(m, g) : g;

        const int First = 2;
        using var sums = device.AllocateScalars(First + LbfgsHistory.SumCount(Capacity));
        using var history = new LbfgsHistory(device, shape, Capacity, sums, First, new() { CurvatureWindow = window, Preconditioned = preconditioned });
        var pairs = new List<(double[] S, double[] Y)>();
        double[] x = Draw(n), g = Times(hessian, x), lastStep = [], lastGradient = [];
        Tensor? previous = null;
        for (int iteration = 0; iteration < 9; iteration++)
        {
            var gradient = device.Allocate(shape);
            g.CopyTo(gradient.Values());
            sums.Clear();
            history.Queue(gradient, previous);
            var values = new double[sums.Count];
            sums.Read(values);
            Assert.True(history.Absorb(values));
            double slope = history.Direction(gradient);

            if (iteration > 0)
            {
                var (s, y) = (lastStep, g.Zip(lastGradient, (a, b) => a - b).ToArray());
                pairs.Add((s, y));
                gains.Add(Inner(s, y), Products(shape, Single(s)), Products(shape, Single(y)));
                m = Dense(shape, gains);
            }
            if (pairs.Count > Capacity) pairs.RemoveAt(0);
            var expected = TwoLoops(pairs, g, Scaled, window);
            double size = expected.Max(Math.Abs);
            var direction = history.Step.Values().ToArray();
            for (int i = 0; i < n; i++) Assert.Equal(expected[i] / size, direction[i] / size, 1e-5); // M has float32 factors, and errors grow with the recursion
            Assert.Equal(Inner(expected, g), slope, 1e-5 * Math.Abs(slope));

            double length = 0.3 / Math.Sqrt(Inner(direction, direction));
            device.Vectors.Combine([history.Step], [length], history.Step);
            lastStep = history.Step.Values().ToArray();
            lastGradient = g;
            x = [.. x.Zip(lastStep, (a, b) => a + b)];
            g = Times(hessian, x);
            previous = gradient;
        }
    }

    /// <summary>Algorithm 7.4 of Nocedal and Wright.</summary>
    static double[] TwoLoops(List<(double[] S, double[] Y)> pairs, double[] g, Func<double[], double[]> scaled, int window)
    {
        double[] q = [.. g], alpha = new double[pairs.Count];
        for (int i = pairs.Count - 1; i >= 0; i--)
        {
            var (s, y) = pairs[i];
            alpha[i] = Inner(s, q) / Inner(s, y);
            q = [.. q.Zip(y, (a, b) => a - alpha[i] * b)];
        }
        double gamma = pairs.Count == 0 ? 1 : pairs.TakeLast(window).Max(p => Inner(p.S, p.Y) / Inner(p.Y, scaled(p.Y)));
        double[] r = [.. scaled(q).Select(v => gamma * v)];
        for (int i = 0; i < pairs.Count; i++)
        {
            var (s, y) = pairs[i];
            double beta = Inner(y, r) / Inner(s, y);
            r = [.. r.Zip(s, (a, b) => a + (alpha[i] - beta) * b)];
        }
        return [.. r.Select(v => -v)];
    }

    /// <summary>Asked for twice without an evaluation between, and the second time from nothing: -Mg, its slope and its square.</summary>
    [Fact]
    public void A_direction_from_nothing_is_the_scaled_gradient_downhill()
    {
        var shape = new Shape(3, 4, 5);
        using var sums = device.AllocateScalars(LbfgsHistory.SumCount(2));
        using var history = new LbfgsHistory(device, shape, 2, sums, 0, new() { CurvatureWindow = 2, Preconditioned = true });
        float[] values = Single(Draw((int)shape.Count));
        double[] g = [.. values.Select(v => (double)v)], expected = Apply(shape, values, new BandGains(2));
        using var gradient = device.Allocate(shape, values);
        history.Queue(gradient, null);
        var readings = new double[sums.Count];
        sums.Read(readings);
        Assert.True(history.Absorb(readings));
        for (int time = 0; time < 2; time++, history.Clear())
        {
            Assert.Equal(-1, history.Direction(gradient) / Inner(expected, g), 1e-6);
            Assert.Equal(1, history.BareSquare / Inner(expected, expected), 1e-6);
            Assert.All(history.Step.Values().ToArray().Zip(expected), pair => Assert.Equal(-pair.Second, pair.First, 1e-5));
        }
    }

    double[,] Dense(Shape shape, BandGains gains)
    {
        int n = (int)shape.Count;
        var m = new double[n, n];
        for (int j = 0; j < n; j++)
        {
            var unit = new float[n];
            unit[j] = 1;
            var column = Apply(shape, unit, gains);
            for (int i = 0; i < n; i++) m[i, j] = column[i];
        }
        return m;
    }

    double[] Apply(Shape shape, float[] values, BandGains gains)
    {
        using var preconditioner = new Preconditioner(device, shape);
        using Tensor x = device.Allocate(shape, values), y = device.Allocate(shape);
        preconditioner.Apply(x, gains, y);
        return y.Values().ToArray();
    }

    /// <summary>A vector's inner products in each band.</summary>
    double[] Products(Shape shape, float[] values)
    {
        using var preconditioner = new Preconditioner(device, shape);
        using Tensor x = device.Allocate(shape, values), spare = device.Allocate(shape);
        using var sums = device.AllocateScalars(1 + Preconditioner.SumCount);
        preconditioner.QueueProducts(x, spare, sums, 1);
        var readings = new double[sums.Count];
        sums.Read(readings);
        var products = new double[Preconditioner.SumCount];
        BandGains.Products(readings.AsSpan(1), products);
        return products;
    }

    /// <summary>Inner products with nothing between the axes.</summary>
    static double[] Diagonal(Func<int, double> square) => Products([.. Enumerable.Range(0, Preconditioner.Bands).Select(b =>
    {
        var m = new double[3, 3];
        for (int axis = 0; axis < 3; axis++) m[axis, axis] = square(3 * b + axis);
        return m;
    })]);

    /// <summary>Inner products from their matrices.</summary>
    static double[] Products(double[][,] matrices) => [.. matrices.SelectMany(m => new[] { m[0, 0], m[1, 1], m[2, 2], m[0, 1], m[0, 2], m[1, 2] })];

    static double[,] Matrix(double[] products, int band)
    {
        var p = products.AsSpan(6 * band, 6);
        return new[,] { { p[0], p[3], p[4] }, { p[3], p[1], p[5] }, { p[4], p[5], p[2] } };
    }

    /// <summary>Those of each axis with itself.</summary>
    static double[] Squares(double[] products) => [.. products.Where((_, i) => i % 6 < 3)];

    /// <summary>Gains with eigenvalues of 1/30, 1 and 30, turned anew in each band.</summary>
    static BandGains Uneven()
    {
        var gains = new BandGains(3);
        double[][,] g = [.. Enumerable.Range(0, Preconditioner.Bands).Select(Turned)];
        for (int pair = 0; pair < 3; pair++) gains.Add(1, Products([.. g.Select(m => Times(m, m))]), Diagonal(_ => 1));
        return gains;
    }

    /// <summary>The least eigenvalue of <see cref="Uneven"/>, in which all bands together are one.</summary>
    static double LeastGain => Uneven()[0][0] / Turned(0)[0, 0] / 30;

    /// <summary>I + (e - 1) n n^T for three orthogonal n: eigenvalues of 1/30, 1 and 30.</summary>
    static double[,] Turned(int band)
    {
        double a = 0.7 * band + 0.3, b = 1.1 * band + 0.5;
        double[][] n = [[Math.Cos(a), Math.Sin(a), 0], [-Math.Sin(a) * Math.Cos(b), Math.Cos(a) * Math.Cos(b), Math.Sin(b)], [Math.Sin(a) * Math.Sin(b), -Math.Cos(a) * Math.Sin(b), Math.Cos(b)]];
        var m = new double[3, 3];
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < 9; i++) m[i / 3, i % 3] += Math.Pow(30, (k + band) % 3 - 1) * n[k][i / 3] * n[k][i % 3];
        return m;
    }

    /// <summary>A random positive definite matrix of about this size.</summary>
    double[,] Definite(double size)
    {
        var m = new double[3, 3];
        for (int k = 0; k < 3; k++)
        {
            var v = Draw(3);
            for (int i = 0; i < 9; i++) m[i / 3, i % 3] += size * (v[i / 3] * v[i % 3] + (i % 4 == 0 ? 0.1 : 0));
        }
        return m;
    }

    static double[,] Square(ReadOnlySpan<double> m) => new[,] { { m[0], m[1], m[2] }, { m[3], m[4], m[5] }, { m[6], m[7], m[8] } };

    static double Trace(double[,] m) => m[0, 0] + m[1, 1] + m[2, 2];

    static double[,] Times(double[,] a, double[,] b)
    {
        var m = new double[3, 3];
        for (int i = 0; i < 27; i++) m[i / 9, i / 3 % 3] += a[i / 9, i % 3] * b[i % 3, i / 3 % 3];
        return m;
    }

    static float[] Single(double[] values) => [.. values.Select(v => (float)v)];

    double[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => 2 * random.NextDouble() - 1)];

    static double[] Times(double[,] m, double[] v) => [.. Enumerable.Range(0, v.Length).Select(i => Enumerable.Range(0, v.Length).Sum(j => m[i, j] * v[j]))];

    static double Inner(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
