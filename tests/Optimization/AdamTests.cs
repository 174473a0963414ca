using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>
/// Adam in octaves takes the steps that it would take in the levels of a pyramid, written here once more over plain arrays.
/// </summary>
public sealed class AdamTests
{
    const int Height = 13, Width = 10;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Octaves_are_levels_of_a_pyramid(int octaves)
    {
        using var device = new ReferenceDevice();
        Shape shape = new(3, Height, Width);
        using var picture = device.Allocate(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(i => 100f + i % 17)]);
        double[] start = picture.Values().ToArray();
        var settings = new OptimizerSettings { Kind = OptimizerKind.Adam, AdamLearningRate = 0.5, Octaves = octaves };
        using var objective = new Bowl(device, shape);
        using var adam = new Adam(objective, picture, settings, 10);
        var levels = new Level[octaves];
        Shape at = shape;
        for (int l = 0; l < octaves; l++)
        {
            levels[l] = new(device, at);
            at = ISmoothing.Half(at);
        }
        using var here = device.Allocate(shape);
        for (int i = 1; i <= 10; i++)
        {
            adam.Step();
            Sum(levels, here, start);
            var (_, gradient) = Bowl.At(here.Values());
            for (int l = 0; l < octaves; l++) levels[l].Step(l == 0 ? gradient : Halved(device, levels[l - 1], levels[l]), i, 0.5);
        }
        Sum(levels, here, start);
        Assert.All(here.Values().ToArray().Zip(picture.Values().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    /// <summary>The gradient with respect to a level is that of the finer one, halved.</summary>
    static double[] Halved(Device device, Level finer, Level coarser)
    {
        finer.Gradient.CopyTo(finer.Scratch.Values());
        device.Smoothing.Halve(finer.Scratch, coarser.Scratch);
        return coarser.Scratch.Values().ToArray();
    }

    /// <summary>start + every level, enlarged.</summary>
    static void Sum(Level[] levels, Tensor to, double[] start)
    {
        for (int l = levels.Length - 1; l >= 0; l--)
        {
            levels[l].Values.CopyTo(levels[l].Scratch.Values());
            if (l + 1 < levels.Length) levels[l].Scratch.Device.Smoothing.Spread(levels[l + 1].Scratch, 1, levels[l].Scratch);
        }
        for (int i = 0; i < start.Length; i++) to.Values()[i] = start[i] + levels[0].Scratch.Values()[i];
    }

    sealed class Level(Device device, Shape shape)
    {
        readonly double[] first = new double[shape.Count], second = new double[shape.Count];

        public double[] Values { get; } = new double[shape.Count];

        public double[] Gradient { get; private set; } = [];

        public Tensor Scratch { get; } = device.Allocate(shape);

        /// <summary>Kingma and Ba 2015, algorithm 1.</summary>
        public void Step(double[] gradient, int t, double rate)
        {
            Gradient = gradient;
            for (int i = 0; i < Values.Length; i++)
            {
                first[i] = 0.9 * first[i] + 0.1 * gradient[i];
                second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
                Values[i] -= rate * first[i] / (1 - Math.Pow(0.9, t)) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.999, t))) + 1e-8);
            }
        }
    }

    /// <summary>The sum of k (x - 50)^4 with another k for each value.</summary>
    sealed class Bowl(Device device, Shape shape) : IObjective
    {
        public Scalars Sums { get; } = device.AllocateScalars(1);
        public int FirstExtraSum => 1;
        public double PixelScale => 1;
        public Shape Picture => shape;
        public Device Device => device;
        public IReadOnlyList<string> Notes => [];

        public static (double Total, double[] Gradient) At(ReadOnlySpan<double> x)
        {
            var gradient = new double[x.Length];
            double total = 0;
            for (int i = 0; i < x.Length; i++)
            {
                double k = 1e-6 * (1 + i % 5), d = x[i] - 50 - i % 7;
                total += k * d * d * d * d;
                gradient[i] = 4 * k * d * d * d;
            }
            return (total, gradient);
        }

        public void Evaluate(Tensor picture, Tensor gradient)
        {
            var (total, slope) = At(picture.Values());
            slope.CopyTo(gradient.Values());
            Sums.Write([total]);
        }

        public int Evaluations { get; set; }
        public Tensor Shown(Tensor picture) => picture;
        public Losses Losses(ReadOnlySpan<double> sums) => new(sums[0], 0, [], 0, [], 0);
        public void Dispose() => Sums.Dispose();
    }
}
