using System.Diagnostics;
using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Benchmarks;

/// <summary>
/// What it costs the host to queue an evaluation, and the evaluation itself, kernel by kernel and as a graph, in turn:
/// <c>launches [--device ID] [--sizes 128,256,512]</c>. Without a graph (any device but CUDA's) there is only the first.
/// </summary>
internal static class LaunchBenchmark
{
    const int Evaluations = 20, Rounds = 3;

    public static int Run(Arguments arguments)
    {
        string id = arguments.Text("--device", "cuda");
        int[] sizes = arguments.Wholes("--sizes", [128, 256, 512], Vgg19.MinimumSide);
        arguments.End();
        using var device = Devices.Open(id);
        Console.WriteLine(device.Name);
        Console.WriteLine($"{"size",-10} {"how",-8} {"queue ms",9} {"whole ms",9}");
        var graphs = (device as IlgpuDevice)?.Graphs;
        foreach (int size in sizes)
            for (int round = 0; round < Rounds; round++)
                foreach (bool graph in graphs is null ? [false] : new[] { false, true })
                {
                    if (device is IlgpuDevice ilgpu) ilgpu.Graphs = graph ? graphs : null;
                    var (queue, whole) = Measure(device, size);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size + "x" + size,-10} {(graph ? "graph" : "kernels"),-8} {queue,9:f3} {whole,9:f3}"));
                }
        return device.GraphRefusal is { } refusal ? throw new DeviceException($"no graph: {refusal}") : 0;
    }

    /// <summary>Medians in milliseconds: until the call returns, and until the device is done.</summary>
    static (double Queue, double Whole) Measure(Device device, int size)
    {
        var settings = Presets.Find("gatys2016").Objective;
        using var network = new FeatureNetwork(device, BuiltInNetwork.Create(), settings.Pooling, settings.Deepest());
        Shape shape = new(3, size, size);
        var random = new Random(1);
        using var x = device.Allocate(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle() * 255)]);
        using var gradient = device.Allocate(shape);
        using var objective = new Objective(network, settings, x, [x], size, size);
        List<double> queue = [], whole = [];
        // The first is not recorded yet, the second records.
        for (int i = -2; i < Evaluations; i++)
        {
            device.Synchronize();
            long start = Stopwatch.GetTimestamp();
            objective.Evaluate(x, gradient);
            double queued = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            device.Synchronize();
            if (i < 0) continue;
            queue.Add(queued);
            whole.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return (queue.Order().ElementAt(Evaluations / 2), whole.Order().ElementAt(Evaluations / 2));
    }
}
