using System.CommandLine;
using System.Diagnostics;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary><c>bench</c>: milliseconds for one evaluation of the paper's objective, loss and gradient.</summary>
internal static class BenchCommand
{
    const int DefaultEvaluations = 10, Tile = 1024;

    public static Command Make()
    {
        var size = Values.Size("--size", "width and height, or one number for both [default: 512x512]");
        var options = PlaceOptions.BuiltIn();
        var blockSize = RunOptions.Block();
        var evaluations = Values.Whole("--evaluations", $"how many are timed, after two that are not [default: {DefaultEvaluations}]", 1, 100_000);
        var json = Values.Json();
        var command = new Command("bench", "time one evaluation (loss and gradient) of the paper's objective") { size, evaluations, blockSize, json };
        options.AddTo(command);
        SettingsFile.AddTo(command);
        command.SetAction(parsed =>
        {
            var (width, height) = parsed.GetValue(size) ?? (512, 512);
            if (Math.Min(width, height) < Vgg19.MinimumSide) throw new UserErrorException($"--size {width}x{height} is too small; both sides must be at least {Vgg19.MinimumSide} px.");
            using var place = options.Open(parsed);
            place.Begin();
            var settings = Presets.Find("gatys2016").Objective;
            var times = Time(place, settings, width, height, parsed.GetValue(blockSize) ?? 0, parsed.GetValue(evaluations) ?? DefaultEvaluations);
            double median = times[times.Count / 2], flops = CostModel.Flops(LayerTable.Of(place.Weights), settings, height, width);
            long deviceBytes = place.Devices.PeakBytes;
            var row = new
            {
                device = place.Devices.Name,
                precision = place.Device.Precision,
                graph = place.Device.Kind == DeviceKind.Cuda && place.Device.GraphRefusal is null,
                width,
                height,
                evaluation_ms_median = Math.Round(median, 2),
                evaluation_ms_min = Math.Round(times[0], 2),
                gflops = Math.Round(flops / median / 1e6, 1),
                peak_mb = Math.Round(place.Devices.Devices.All(d => d.Kind is DeviceKind.Cuda or DeviceKind.OpenCl) ? deviceBytes / 1048576.0 : Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0),
                device_mb = Math.Round(deviceBytes / 1048576.0),
            };
            if (place.Device.GraphRefusal is { } refusal) Terminal.Say($"Kernels are launched one by one: {refusal}.");
            Console.WriteLine(parsed.GetValue(json) ? Json.Line(row)
                : $"{row.device}\n{width}x{height}: {row.evaluation_ms_median} ms an evaluation (median of {times.Count}, least {row.evaluation_ms_min}), {row.gflops} GFLOP/s, peak {row.peak_mb} MB");
            return CommandTree.Done;
        });
        return command;
    }

    static List<double> Time(Workplace place, ObjectiveSettings settings, int width, int height, int blockSize, int count)
    {
        using var networks = new NetworkGroup(place.Devices, place.Weights, settings, place.Shares(settings));
        var content = Repeated(ProceduralPictures.Landscape, width, height);
        using var objective = networks.Objective(new(content), [new(Repeated(ProceduralPictures.Painting, width, height))], height, width, blockSize: blockSize);
        // The pictures that targets come from are let go before there is another.
        using var x = content.Upload(networks.Home);
        using var gradient = networks.Home.Allocate(x.Shape);
        var times = new List<double>();
        // The first is not recorded yet, the second records.
        for (int i = -1; i <= count && !place.Interrupt.IsCancellationRequested; i++)
        {
            var watch = Stopwatch.StartNew();
            objective.Evaluate(x, gradient);
            objective.ReadLosses();
            if (i > 0) times.Add(watch.Elapsed.TotalMilliseconds);
        }
        if (times.Count == 0) throw new OperationCanceledException();
        times.Sort();
        return times;
    }

    /// <summary>A picture of any size that takes no memory: one of at most <see cref="Tile"/> pixels a side, repeated, given row by row.</summary>
    static PictureSource Repeated(Func<int, int, Picture> draw, int width, int height)
    {
        var tile = draw(Math.Min(width, Tile), Math.Min(height, Tile));
        return new(height, width, (_, _, take) =>
        {
            var row = new float[3 * width];
            for (int y = 0; y < height; y++)
            {
                for (int i = 0; i < row.Length; i++) row[i] = tile.Rgb[(i / width * tile.Height + y % tile.Height) * tile.Width + i % width % tile.Width];
                take(y, row);
            }
        });
    }
}
