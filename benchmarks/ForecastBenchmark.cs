using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Benchmarks;

/// <summary>
/// The forecast of a run's memory against what the device counts, of one iteration of the default objective with the built-in network. An ILGPU device allocates as ever
/// but launches no kernel: allocations do not depend on values, and print sizes would take a processor hours.
/// </summary>
static class ForecastBenchmark
{
    sealed record Options(string Device, int[] Sizes, int Block, OptimizerKind Optimizer);

    public static int Run(Arguments arguments)
    {
        var options = new Options(
            arguments.Text("--device", "opencl"),
            arguments.Wholes("--sizes", [256, 512, 1024, 2048, 4096, 8192], Vgg19.MinimumSide),
            arguments.Whole("--block-size", 512, least: 0),
            arguments.Choice("--optimizer", OptimizerKind.Lbfgs));
        arguments.End();
        Console.WriteLine($"{"size",-12}{"forecast",16}{"counted",16}{"difference",12}");
        foreach (int size in options.Sizes) Compare(options, size);
        return 0;
    }

    static void Compare(Options options, int size)
    {
        using var devices = Devices.OpenGroup(options.Device);
        if (devices.First is IlgpuDevice ilgpu) ilgpu.InsteadOfLaunches = (_, _) => { };
        var settings = TransferSettings.Of(Presets.Find("gram"));
        settings = settings with
        {
            Scales = 1,
            Init = InitKind.Noise,
            BlockSize = options.Block,
            Optimizer = settings.Optimizer with { Kind = options.Optimizer, Iterations = 1 },
        };
        int height = size * 3 / 4;
        var forecast = RunPlan.Memory(devices, BuiltInNetwork.Create(), settings, height, size, [(height, size)]).Devices.Single();
        var flat = new PictureSource(height, size, (h, w, take) =>
        {
            var row = new float[3 * w];
            for (int y = 0; y < h; y++) take(y, row);
        });
        using (new StyleTransfer(devices, BuiltInNetwork.Create(), settings).Run(new(height, size, flat, [flat]))) { }
        long counted = devices.First.PeakBytes;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{$"{size}x{height}",-12}{forecast.PeakBytes,16:n0}{counted,16:n0}{100.0 * forecast.PeakBytes / counted - 100,11:+0.000;-0.000} %"));
    }
}
