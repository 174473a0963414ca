using System.Diagnostics;
using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Benchmarks;

/// <summary>
/// Whole evaluations (losses and gradient of the paper's objective), with another program beside them in the same run:
/// <c>evaluations [--sizes 256,512,1024] [--threads N] [--evaluations N] [--rounds N] [--exact] [--peer 'COMMAND {width} {height}
/// {evaluations} {threads}']</c>. The two take turns; a figure is the median of a turn. The machine may slow both down: the ratio counts.
/// </summary>
internal static class EvaluationBenchmark
{
    sealed record Options(int[] Sizes, int Threads, int Evaluations, int Rounds, bool Exact, Peer? Peer);

    public static int Run(Arguments arguments)
    {
        var options = new Options(
            arguments.Wholes("--sizes", [256, 512, 1024], Vgg19.MinimumSide),
            arguments.Whole("--threads", Environment.ProcessorCount),
            arguments.Whole("--evaluations", 5),
            arguments.Whole("--rounds", 3),
            arguments.Flag("--exact"),
            arguments.Text("--peer", "") is { Length: > 0 } template ? new(template) : null);
        arguments.End();
        using (var device = new SimdDevice(options.Threads, options.Exact)) Console.WriteLine(device.Name);
        Console.WriteLine($"{"size",-10} {"round",5} {"ms",9} {"least",9} {"peer ms",9} {"peer / ours",11}");
        foreach (int size in options.Sizes) Compare(options, size);
        return 0;
    }

    static void Compare(Options options, int size)
    {
        var settings = Presets.Find("gatys2016").Objective;
        var ratios = new List<double>();
        for (int round = 1; round <= options.Rounds; round++)
        {
            var times = Times(settings, size, options.Threads, options.Evaluations, options.Exact);
            double median = times[times.Count / 2];
            string row = string.Create(CultureInfo.InvariantCulture, $"{size + "x" + size,-10} {round,5} {median,9:f1} {times[0],9:f1}");
            if (options.Peer is { } peer)
            {
                double other = peer.Milliseconds(size, size, options.Evaluations, options.Threads);
                ratios.Add(other / median);
                row += string.Create(CultureInfo.InvariantCulture, $" {other,9:f1} {other / median,11:f2}");
            }
            Console.WriteLine(row);
        }
        if (ratios.Count > 1) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size + "x" + size,-10} median of the ratios {ratios.Order().ElementAt(ratios.Count / 2):f2}"));
    }

    /// <summary>The times of a turn in ascending order, in milliseconds, after one evaluation that does not count. All memory is given back.</summary>
    public static List<double> Times(
        ObjectiveSettings settings, int size, int threads, int evaluations, bool exact = false, int styles = 1, Guidance? guidance = null,
        int blockSize = 0)
    {
        using var device = new SimdDevice(threads, exact);
        using var network = new FeatureNetwork(device, BuiltInNetwork.Create(), settings.Pooling, settings.Deepest());
        Shape shape = new(3, size, size);
        using Tensor content = Noise(device, shape, 1), x = Noise(device, shape, 3), gradient = device.Allocate(shape);
        using var paintings = TensorList.Of(device, Enumerable.Repeat(shape, styles));
        for (int i = 0; i < styles; i++) device.Upload(Pixels(shape, 4 + i), paintings[i]);
        using var objective = new Objective(network, settings, content, paintings, size, size, blockSize: blockSize, guidance: guidance);
        var times = new List<double>();
        for (int i = 0; i <= evaluations; i++)
        {
            long start = Stopwatch.GetTimestamp();
            objective.Evaluate(x, gradient);
            objective.ReadLosses();
            if (i > 0) times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        times.Sort();
        return times;
    }

    static Tensor Noise(Device device, Shape shape, int seed) => device.Allocate(shape, Pixels(shape, seed));

    static float[] Pixels(Shape shape, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle() * 255)];
    }
}
