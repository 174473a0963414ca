using System.Diagnostics;
using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Benchmarks;

/// <summary>
/// Where the time of an evaluation goes: <c>layers [--size N] [--threads N] [--exact] [--evaluations N]</c>. One evaluation of the
/// paper's objective, layer by layer in its own order, so that every operation finds the caches as it does in a run. Each
/// column is the least of several evaluations, in milliseconds; the rate counts the direct convolution's operations.
/// </summary>
internal static class LayerBenchmark
{
    public static int Run(Arguments arguments)
    {
        int size = arguments.Whole("--size", 512, Vgg19.MinimumSide), threads = arguments.Whole("--threads", 0), evaluations = arguments.Whole("--evaluations", 7);
        bool exact = arguments.Flag("--exact");
        arguments.End();
        using var device = new SimdDevice(threads, exact);
        Console.WriteLine($"{device.Name}, {size}x{size}, FMA peak {FmaPeak.Measure(device):f0} GFLOP/s");
        var deepest = Vgg19.Find("relu5_1");
        using var network = new FeatureNetwork(device, BuiltInNetwork.Create(), PoolingKind.Average, deepest);
        using Tensor picture = device.Allocate(new(3, size, size), Pixels(size)), gradient = device.Allocate(new(3, size, size));
        var grams = Vgg19.Layers.Take(deepest.Index + 1).Where(l => l.Relu.EndsWith("_1", StringComparison.Ordinal)).ToDictionary(l => l,
            l => device.Allocate(Shape.Matrix(network.Table.Outputs(l))));
        using var pass = new FeaturePass(network, size, size, grams.Keys);
        var times = new Times(deepest.Index + 1);
        for (int e = 0; e <= evaluations; e++)
        {
            if (e == 1) times.Clear();
            times.Start();
            pass.Forward(0, picture, (layer, features, region) =>
            {
                times.Stop(Column.Forward, layer.Index);
                if (grams.TryGetValue(layer, out var gram)) device.Gram.Accumulate(features, region, gram);
                times.Stop(Column.Gram, layer.Index);
            });
            pass.Backward(0, (layer, features, region, seed) =>
            {
                device.Gram.Gradient(features, region, grams[layer], seed, accumulate: false);
                times.Stop(Column.GramGradient, layer.Index);
            }, gradient, layer => times.Stop(Column.Backward, layer.Index));
            foreach (var gram in grams.Values) device.Vectors.Fill(gram, 1e-12f);
            device.Vectors.Fill(gradient, 0);
        }
        times.Print(size);
        foreach (var gram in grams.Values) gram.Dispose();
        return 0;
    }

    static float[] Pixels(int size)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 3 * size * size).Select(_ => random.NextSingle() * 255)];
    }

    enum Column
    {
        Forward,
        Gram,
        GramGradient,
        Backward,
    }

    sealed class Times(int layers)
    {
        readonly double[,] least = new double[Enum.GetValues<Column>().Length, layers];
        long mark;

        public void Clear()
        {
            for (int c = 0; c < least.GetLength(0); c++)
                for (int l = 0; l < layers; l++) least[c, l] = double.PositiveInfinity;
        }

        public void Start() => mark = Stopwatch.GetTimestamp();

        public void Stop(Column column, int layer)
        {
            least[(int)column, layer] = Math.Min(least[(int)column, layer], Stopwatch.GetElapsedTime(mark).TotalMilliseconds);
            mark = Stopwatch.GetTimestamp();
        }

        public void Print(int size)
        {
            Console.WriteLine($"{"layer",-12} {"forward",8} {"GFLOP/s",8} {"backward",9} {"GFLOP/s",8} {"Gram",7} {"gradient",9}");
            double total = 0;
            for (int l = 0; l < layers; l++)
            {
                double forward = least[(int)Column.Forward, l], backward = least[(int)Column.Backward, l];
                double flops = LayerTable.Full.Flops(Vgg19.Layers[l], Vgg19.Layers[l].Plane(size, size).Count) / 1e6;
                bool tap = double.IsFinite(least[(int)Column.GramGradient, l]);
                string gram = tap ? string.Create(CultureInfo.InvariantCulture, $"{least[(int)Column.Gram, l],7:f2} {least[(int)Column.GramGradient, l],9:f2}") : "";
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Vgg19.Layers[l].Convolution,-12} {forward,8:f2} {flops / forward,8:f0} {backward,9:f2} {flops / backward,8:f0} {gram}"));
                total += forward + backward + (tap ? least[(int)Column.Gram, l] + least[(int)Column.GramGradient, l] : 0);
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sum of the least times: {total:f1} ms (a pooling counts to the convolution below it)"));
        }
    }
}
