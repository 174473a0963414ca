using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary><c>plan</c>: what a transfer would take in memory and time. Reads only the pictures' sizes.</summary>
internal static class PlanCommand
{
    public static Command Make()
    {
        var options = new RunOptions(Pictures.DefaultSize);
        var output = new OutputOptions(required: false);
        var content = new Argument<string>("CONTENT") { Description = "the photograph" };
        var styles = new Argument<string[]>("STYLE") { Description = "the painting, or several", Arity = ArgumentArity.OneOrMore };
        var command = new Command("plan", "memory and time that a transfer with the same options would take; nothing is run or written") { content, styles };
        output.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var size = Pictures.Fitted(parsed.GetRequiredValue(content), options.SizeOf(parsed));
            var styleSizes = options.StyleSizes(parsed, parsed.GetRequiredValue(styles));
            var settings = options.Settings(parsed);
            Pictures.CheckScales(size, settings);
            using var place = options.Open(parsed, download: false);
            // Not Suited: the built-in network may only stand in for weights that a run would fetch.
            settings = MemoryLimit.Apply(place, settings, size, styleSizes, parsed.GetValue(options.MaxMemory));
            var plan = RunPlan.Make(place.Device, place.Weights, settings, size.Height, size.Width, [.. styleSizes.Select(s => (s.Height, s.Width))]);
            place.Interrupt.ThrowIfCancellationRequested();
            if (parsed.GetValue(output.Json))
                Console.WriteLine(Json.Page(new { device = place.Device.Name, plan.PeakBytes, plan.Seconds, plan.WeightBytes, plan.StyleBytes, plan.Levels }));
            else Print(plan, place);
            return CommandTree.Done;
        });
        return command;
    }

    static void Print(RunPlan plan, Workplace place)
    {
        Console.WriteLine($"{place.Device.Name}, weights: {place.Weights.Source}");
        Console.WriteLine($"{"size",-12}{"iterations",10}{"features",12}{"targets",12}{"optimiser",12}{"pictures",12}{"time",10}");
        foreach (var l in plan.Levels)
            Console.WriteLine($"{$"{l.Level.Width}x{l.Level.Height}",-12}{l.Level.Iterations,10}{MemoryLimit.Memory(l.FeatureBytes),12}{MemoryLimit.Memory(l.TargetBytes),12}{MemoryLimit.Memory(l.OptimizerBytes),12}{MemoryLimit.Memory(l.PictureBytes),12}{RunProgress.Duration(l.Seconds),10}");
        Console.WriteLine($"weights {MemoryLimit.Memory(plan.WeightBytes)}; the most at once {MemoryLimit.Memory(plan.PeakBytes)} of device memory; about {RunProgress.Duration(plan.Seconds)} in all");
    }
}
