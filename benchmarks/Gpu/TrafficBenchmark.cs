using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Benchmarks;

/// <summary>
/// What an evaluation of the paper's objective reads and writes on the ILGPU engine with its kernels for GPUs, kernel by kernel:
/// <c>traffic [--size 512] [--precision fp32|tf32|fp16]</c>. Counted from the launches (<see cref="KernelTraffic"/>), none of which is done: no GPU is
/// needed. Below it the least that the network's layers allow.
/// </summary>
internal static class TrafficBenchmark
{
    public static int Run(Arguments arguments)
    {
        int size = arguments.Whole("--size", 512, Vgg19.MinimumSide);
        var precision = arguments.Choice("--precision", Precision.Tf32);
        arguments.End();
        if (precision == Precision.Auto) throw new ArgumentException("--precision auto: name one, tf32 or fp16 or fp32");
        var settings = Presets.Find("gatys2016").Objective;
        var launches = Count(settings, size, precision);
        Console.WriteLine($"{size}x{size}, {precision.ToString().ToLowerInvariant()}, MB (of 10^6 bytes)");
        foreach (var kernel in launches.GroupBy(l => l.Name).OrderByDescending(k => k.Sum(l => l.Read + l.Written)))
            if (kernel.Sum(l => l.Read + l.Written) > 0) Line(kernel.Key, kernel.Count(), kernel.Sum(l => l.Read), kernel.Sum(l => l.Written));
        Line("all", launches.Count, launches.Sum(l => l.Read), launches.Sum(l => l.Written));
        var (read, written) = Least(settings, size, precision == Precision.Fp16 ? 2 : 4);
        Line("at least", 0, read, written);
        return 0;
    }

    static void Line(string name, int launches, long read, long written) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-36} {(launches > 0 ? launches : ""),8} {read / 1e6,8:f1} read {written / 1e6,8:f1} written {(read + written) / 1e6,8:f1}"));

    /// <summary>Every launch of one evaluation.</summary>
    internal static List<(string Name, long Read, long Written)> Count(ObjectiveSettings settings, int size, Precision precision)
    {
        using var device = IlgpuAccelerators.OpenCpu(forGpu: true, precision);
        List<(string, long, long)>? launches = null;
        device.InsteadOfLaunches = (kernel, arguments) => launches?.Add(KernelTraffic.Of(kernel, arguments));
        using var network = new FeatureNetwork(device, BuiltInNetwork.Create(), settings.Pooling, settings.Deepest());
        Shape shape = new(3, size, size);
        using Tensor picture = device.Allocate(shape), gradient = device.Allocate(shape);
        using var objective = new Objective(network, settings, picture, [picture], size, size);
        launches = [];
        objective.Evaluate(picture, gradient);
        return launches;
    }

    /// <summary>
    /// Each activation and each gradient written once and read once by everything that needs it. Forward: by the next convolution, unless it takes the pooled
    /// map, which is written and read itself; by a Gram matrix. On the way back: by whatever writes the gradient of those features, which is that of the
    /// losses and the mask in one; below a pooling only the pooled gradient is written, and spread where it is read. Each convolution's weights once in each direction.
    /// </summary>
    internal static (long Read, long Written) Least(ObjectiveSettings settings, int size, int bytesOfWeight)
    {
        long read = 0, written = 0, picture = sizeof(float) * 3L * size * size;
        int depth = settings.Deepest().Index + 1;
        // The picture is normalised on its way to the first convolution, its gradient on the way out.
        read += picture;
        written += picture;
        for (int l = 0; l < depth; l++)
        {
            var layer = Vgg19.Layers[l];
            var (table, output) = (LayerTable.Full, LayerTable.Full.Output(layer, size, size));
            long features = sizeof(float) * output.Count;
            long weights = 9L * table.Inputs(layer) * table.Outputs(layer) * (l == 0 ? sizeof(float) : bytesOfWeight);
            bool last = l + 1 == depth, pooled = !last && Vgg19.Layers[l + 1].PooledInput;
            long passedOn = pooled ? sizeof(float) * IPooling.Output(output).Count : features;
            written += features + (pooled ? passedOn : 0) + passedOn;
            read += 2 * weights + (last ? 0 : passedOn) + features + passedOn;
            // A Gram matrix; a content loss's target.
            if (settings.StyleLayers.Any(s => s.Layer == layer.Relu)) read += features;
            if (settings.ContentLayers.Any(c => c.Layer == layer.Relu)) read += features;
        }
        return (read, written);
    }
}
