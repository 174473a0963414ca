using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary><c>plan</c>: what a transfer would take in memory and time.</summary>
internal static class PlanCommand
{
    public static Command Make()
    {
        var options = new RunOptions(Pictures.DefaultSize);
        var output = new OutputOptions(required: false);
        var content = new Argument<string>("CONTENT") { Description = "the photograph" };
        var styles = new Argument<string[]>("STYLE") { Description = "the painting, or several, or a folder", Arity = ArgumentArity.OneOrMore };
        var command = new Command("plan", "memory and time that a transfer with the same options would take: nothing is run or written but a few small evaluations, for their time") { content, styles };
        var steps = new Option<bool>("--steps") { Description = "also print what an evaluation at the final size does, step by step" };
        command.Add(steps);
        output.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var size = Pictures.Fitted(parsed.GetRequiredValue(content), options.SizeOf(parsed));
            var styleFiles = options.Styles(parsed, parsed.GetRequiredValue(styles));
            options.Colours.Find(parsed, content: true, style: true);
            var masks = options.Masks.Find(parsed, (parsed.GetRequiredValue(content), size.Width, size.Height), content: true, styleFiles);
            options.Colours.Between(parsed, style: true, masks.Guidance is not null);
            var settings = options.ForStyles(parsed, options.Settings(parsed), styleFiles);
            Pictures.CheckScales(size, settings);
            // No larger than their files: what can be seen of them, and whether they have colors, is the same.
            var styleSizes = options.StyleSizes(parsed, styleFiles, size);
            var photograph = Pictures.Reduced(parsed.GetRequiredValue(content), size);
            PictureInput[] paintings = [.. styleFiles.Zip(styleSizes, (file, fitted) => Pictures.Reduced(file.Path, fitted))];
            masks = options.Visible(masks, settings.Objective, size, photograph, paintings);
            settings = settings with { Gray = options.Colours.StaysGray(parsed, [photograph, options.LoadInit(parsed), .. paintings]) };
            using var place = options.Open(parsed, download: false);
            settings = options.Fitted(parsed, place, settings, size, styleSizes, masks.Guidance);
            var plan = RunPlan.Make(place.Devices, place.Weights, settings, size.Height, size.Width, [.. styleSizes.Select(s => (s.Height, s.Width))], masks.Guidance);
            place.Interrupt.ThrowIfCancellationRequested();
            foreach (string note in options.Idle(parsed, settings, styleFiles.Length, place)) Terminal.Say(note);
            var first = plan.Devices[0];
            if (parsed.GetValue(output.Json))
                Console.WriteLine(Json.Page(new
                {
                    device = place.Devices.Name,
                    plan.PeakBytes,
                    plan.Seconds,
                    first.WeightBytes,
                    first.ScratchBytes,
                    first.Levels,
                    plan.Devices,
                    settings.BlockSize,
                    settings.Optimizer.History,
                    optimizerMemory = settings.VectorsOnHost ? "host" : "device",
                    precision = place.Device.Precision,
                    settings.Shares,
                }));
            else
            {
                Print(plan, place, settings);
                if (parsed.GetValue(steps)) PrintSteps(place, settings, plan);
            }
            return CommandTree.Done;
        });
        return command;
    }

    /// <summary>The steps of an evaluation at the final size, on each device, and of a block's passes through the network.</summary>
    static void PrintSteps(Workplace place, TransferSettings settings, RunPlan plan)
    {
        var level = plan.Devices[0].Levels[^1].Level;
        var objective = settings.At(level).Objective;
        var (deepest, devices) = (objective.Deepest(), place.Devices.Devices);
        var bands = Band.Deal(deepest, level.Height, level.Width, settings.Shares ?? [.. devices.Select(_ => 1.0)]);
        for (int i = 0; i < devices.Count; i++)
        {
            if (bands[i].IsEmpty) continue;
            int blocks = objective.Blocks(level.Height, level.Width, settings.BlockSize, bands[i]).Count;
            string where = devices.Count > 1 ? $" on {devices[i].Name}" : "";
            Section($"an evaluation of {level.Width}x{level.Height} in {blocks} block{(blocks == 1 ? "" : "s")}{where}",
                EvaluationSchedule.Of(objective, blocks).Select(s => $"{s}"));
        }
        var pass = PassSchedule.Make(LayerTable.Of(place.Weights), deepest.Index + 1, objective.Layers);
        Section("forward through a block", pass.Forward.Select(s => $"{s}"));
        Section("backward through a block", pass.Backward.Select(s => $"{s}"));

        static void Section(string title, IEnumerable<string> steps)
        {
            Console.WriteLine($"{title}:");
            foreach (string step in steps) Console.WriteLine($"  {step}");
        }
    }

    static void Print(RunPlan plan, Workplace place, TransferSettings settings)
    {
        string title = $"weights: {place.Weights.Source}";
        bool several = plan.Devices.Count > 1;
        foreach (var device in plan.Devices)
        {
            Console.WriteLine($"{device.Device}{(device == plan.Devices[0] ? $", {title}" : "")}");
            string share = several ? $"{"share",8}" : "";
            Console.WriteLine($"{"size",-12}{"iterations",10}{share}{"evaluation",12}{"optimizer",12}{"at most",12}{"time",10}");
            foreach (var l in device.Levels)
                Console.WriteLine($"{$"{l.Level.Width}x{l.Level.Height}",-12}{l.Level.Iterations,10}{(several ? $"{l.Share,8:p0}" : "")}"
                    + $"{MemoryLimit.Memory(l.ObjectiveBytes),12}{MemoryLimit.Memory(l.OptimizerBytes),12}"
                    + $"{MemoryLimit.Memory(l.PeakBytes),12}"
                    + $"{RunProgress.Duration(l.Seconds),10}");
            Console.WriteLine($"weights {MemoryLimit.Memory(device.WeightBytes)}; scratch {MemoryLimit.Memory(device.ScratchBytes)}; the most at once {MemoryLimit.Memory(device.PeakBytes)} of device memory{(several ? "" : $"; about {RunProgress.Duration(plan.Seconds)} in all")}");
        }
        if (several) Console.WriteLine($"about {RunProgress.Duration(plan.Seconds)} in all");
        string history = settings.Optimizer.Kind == OptimizerKind.Lbfgs ? $", history of {settings.Optimizer.History} pairs in {(settings.Optimizer.PackedHistory ? "int8" : "fp32")}" : "";
        string blocks = settings.BlockSize == 0 ? "whole pictures" : $"blocks of {settings.BlockSize} px";
        string vectors = settings.VectorsOnHost ? "in the host's memory" : $"on {(several ? plan.Devices[0].Device : "the device")}";
        string precision = place.Device.Precision.ToString().ToLowerInvariant();
        Console.WriteLine($"{blocks}{history}, products in {precision}, optimizer's vectors {vectors}");
    }
}
