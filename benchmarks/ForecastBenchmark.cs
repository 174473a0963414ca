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
    sealed record Options(string Device = "opencl", int Block = 512, bool Adam = false)
    {
        public int[] Sizes { get; init; } = [256, 512, 1024, 2048, 4096, 8192];
    }

    public static int Run(string[] args)
    {
        var options = Parse(args);
        Console.WriteLine($"{"size",-12}{"forecast",16}{"counted",16}{"difference",12}");
        foreach (int size in options.Sizes) Compare(options, size);
        return 0;
    }

    static Options Parse(string[] args)
    {
        var options = new Options();
        for (int i = 0; i < args.Length; i += 2)
        {
            string name = args[i], value = i + 1 < args.Length ? args[i + 1] : "";
            options = name switch
            {
                "--device" when value.Length > 0 => options with { Device = value },
                "--sizes" => options with { Sizes = [.. value.Split(',').Select(v => EvaluationBenchmark.Whole(name, v, Vgg19.MinimumSide))] },
                "--block-size" => options with { Block = EvaluationBenchmark.Whole(name, value, 0) },
                "--optimizer" when value is "adam" or "lbfgs" => options with { Adam = value == "adam" },
                _ => throw new ArgumentException($"{name}: unknown, or its value is missing"),
            };
        }
        return options;
    }

    static void Compare(Options options, int size)
    {
        using var devices = Devices.OpenGroup(options.Device);
        if (devices.First is IlgpuDevice ilgpu) ilgpu.InsteadOfLaunches = (_, _) => { };
        var settings = TransferSettings.Of(Presets.Find("default"));
        settings = settings with
        {
            Scales = 1,
            Init = InitKind.Noise,
            BlockSize = options.Block,
            Optimizer = settings.Optimizer with { Kind = options.Adam ? OptimizerKind.Adam : OptimizerKind.Lbfgs, Iterations = 1 },
        };
        int height = size * 3 / 4;
        var forecast = RunPlan.Memory(devices, settings, height, size, [(height, size)]).Devices.Single();
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
