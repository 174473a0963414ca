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
        var m = Dense(new(3, height, width));
        int n = m.GetLength(0);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++) Assert.Equal(m[i, j], m[j, i], 1e-6); // factors are float32
        // Cholesky: M is at least the identity, so every pivot is at least 1.
        for (int k = 0; k < n; k++)
        {
            Assert.True(m[k, k] > 1 - 1e-6, $"pivot {k} is {m[k, k]}");
            for (int i = k + 1; i < n; i++)
                for (int j = k + 1; j <= i; j++) m[j, i] = m[i, j] -= m[i, k] * m[j, k] / m[k, k];
        }
    }

    /// <summary>Far from the edges: 1 + 0.3 (2^(1/2) + ... + 2^(5/2)), doubled where red and blue part.</summary>
    [Fact]
    public void Constants_are_scaled_as_the_formula_says()
    {
        var shape = new Shape(3, 300, 300);
        double gain = 1 + 0.3 * Enumerable.Range(1, 5).Sum(l => Math.Pow(2, l / 2.0));
        foreach (var (colour, factor) in new (float[], double)[] { ([1, 1, 1], gain), ([1, -2, 1], gain), ([1, 0, -1], 2 * gain) })
        {
            var result = Apply(shape, [.. colour.SelectMany(c => Enumerable.Repeat(c, 300 * 300))]);
            for (int c = 0; c < 3; c++) Assert.Equal(factor * colour[c], result[(c * 300 + 150) * 300 + 150], 1e-5);
        }
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
        var m = Dense(shape);
        double[] Scaled(double[] g) => preconditioned ? Times(m, g) : g;

        using var sums = device.AllocateScalars(LbfgsHistory.SumCount(Capacity));
        using var history = new LbfgsHistory(device, shape, Capacity, sums, 0, window, packed: false);
        using var preconditioner = new Preconditioner(device, shape);
        var pairs = new List<(double[] S, double[] Y)>();
        double[] x = Draw(n), g = Times(hessian, x), lastStep = [], lastGradient = [];
        ScaledGradient? previous = null;
        for (int iteration = 0; iteration < 9; iteration++)
        {
            var plain = device.Allocate(shape);
            g.CopyTo(plain.Values());
            var gradient = new ScaledGradient(plain, preconditioned ? device.Allocate(shape) : plain);
            if (preconditioned) preconditioner.Apply(plain, gradient.Scaled);
            sums.Clear();
            history.Queue(gradient, previous);
            var values = new double[sums.Count];
            sums.Read(values);
            Assert.True(history.Absorb(values));
            double slope = history.Direction(gradient.Scaled);

            if (iteration > 0) pairs.Add((lastStep, [.. g.Zip(lastGradient, (a, b) => a - b)]));
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

    double[,] Dense(Shape shape)
    {
        int n = (int)shape.Count;
        var m = new double[n, n];
        for (int j = 0; j < n; j++)
        {
            var unit = new float[n];
            unit[j] = 1;
            var column = Apply(shape, unit);
            for (int i = 0; i < n; i++) m[i, j] = column[i];
        }
        return m;
    }

    double[] Apply(Shape shape, float[] values)
    {
        using var preconditioner = new Preconditioner(device, shape);
        using Tensor x = device.Allocate(shape, values), y = device.Allocate(shape);
        preconditioner.Apply(x, y);
        return y.Values().ToArray();
    }

    double[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => 2 * random.NextDouble() - 1)];

    static double[] Times(double[,] m, double[] v) => [.. Enumerable.Range(0, v.Length).Select(i => Enumerable.Range(0, v.Length).Sum(j => m[i, j] * v[j]))];

    static double Inner(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
