using System.Diagnostics;
using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Benchmarks;

/// <summary>
/// Times the catalogue's VGG-sized cases: <c>kernels [--device D] [--precision P] [--threads N] [--size N] [name filter]</c>. Each line has
/// the median and the least time, and from the least GFLOP/s, GB/s and the share of a measured ceiling. On the CPU that is the fused multiply-add peak that
/// registers alone reach, measured between the runs of the same case; on a busy machine the shares of long cases read low: the
/// peak takes a moment and finds a free one. On a GPU it is the larger of two: of products in registers, and of bytes copied.
/// </summary>
internal static class KernelBenchmark
{
    const double SecondsPerCase = 0.5;
    const int LeastRuns = 5;

    public static int Run(Arguments arguments)
    {
        int size = arguments.Whole("--size", 512, Vgg19.MinimumSide);
        using var device = Devices.Open(arguments.Text("--device", "cpu"), arguments.Whole("--threads", 0), precision: arguments.Choice("--precision", Precision.Auto));
        string filter = arguments.Filter();
        var ceilings = device is IlgpuDevice { ForGpu: true } gpu ? GpuCeilings.Measure(gpu) : null;
        Console.WriteLine($"{device.Name}, {device.Precision}" + (ceilings is null ? "" : $"; at most {ceilings.Multiplication:f0} GFLOP/s in registers and {ceilings.Bandwidth:f0} GB/s copied"));
        Console.WriteLine($"{"case",-58} {"median ms",9} {"min ms",9} {"GFLOP/s",8} {"GB/s",6} {"of peak",8}");
        foreach (var item in OperationCatalogue.Vgg(size).Where(c => c.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))) Time(item, device, ceilings);
        return 0;
    }

    static void Time(OperationCase item, Device device, GpuCeilings? ceilings)
    {
        using var tensors = new CaseTensors(device);
        var action = item.Prepare(tensors);
        for (int i = 0; i < 2; i++) action();
        device.Synchronize();
        // On a GPU several calls are queued before waiting, so that the wait does not count.
        int calls = device is IlgpuDevice ? 20 : 1;
        var times = new List<double>();
        double peak = 0, total = 0;
        while (times.Count < LeastRuns || (total < SecondsPerCase && times.Count < 1000))
        {
            if (times.Count % 4 == 0 && device is SimdDevice simd) peak = Math.Max(peak, FmaPeak.Measure(simd));
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++) action();
            device.Synchronize();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            times.Add(seconds / calls);
            total += seconds;
        }
        times.Sort();
        double least = times[0], rate = item.Flops / least / 1e9, bandwidth = item.Bytes / least / 1e9;
        double share = ceilings is null ? rate / peak : Math.Max(rate / ceilings.Multiplication, bandwidth / ceilings.Bandwidth);
        string of = double.IsFinite(share) ? share.ToString("p0") : "";
        Console.WriteLine($"{item.Name,-58} {times[times.Count / 2] * 1e3,9:f3} {least * 1e3,9:f3} {rate,8:f1} {bandwidth,6:f1} {of,8}");
    }
}
