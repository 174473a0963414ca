using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary><c>plan</c>: what a transfer would take in memory and time. Reads only the pictures' sizes.</summary>
internal static class PlanCommand
{
    public static Command Make()
    {
        var options = new RunOptions();
        var content = new Argument<string>("CONTENT") { Description = "the photograph" };
        var styles = new Argument<string[]>("STYLE") { Description = "the painting, or several", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "print one JSON object" };
        var command = new Command("plan", "memory and time that a transfer with the same options would take; nothing is run") { content, styles, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            int size = parsed.GetValue(options.Size) ?? Pictures.DefaultSize;
            var frame = Fitted(parsed.GetRequiredValue(content), size);
            var styleSizes = parsed.GetRequiredValue(styles).Select(s => Fitted(s, parsed.GetValue(options.StyleSize) ?? size)).ToArray();
            using var place = new Workplace(options, parsed);
            var plan = RunPlan.Make(place.Device, place.Weights, options.Settings(parsed), frame.Height, frame.Width, styleSizes);
            if (parsed.GetValue(json))
                Console.WriteLine(Json.Page(new { device = place.Device.Name, peakBytes = plan.PeakBytes, seconds = plan.Seconds, plan.WeightBytes, plan.StyleBytes, plan.Levels }));
            else Print(plan, place);
            return CommandTree.Done;
        });
        return command;
    }

    static (int Height, int Width) Fitted(string path, int size)
    {
        var (width, height) = PictureFile.ReadSize(path);
        var fitted = PictureSize.Fit(width, height, size);
        if (Math.Min(Math.Min(width, height), Math.Min(fitted.Width, fitted.Height)) < Vgg19.MinimumSide)
            throw new UserErrorException($"{path} is {width}x{height}; both sides must be at least {Vgg19.MinimumSide} px, before and after --size.");
        return (fitted.Height, fitted.Width);
    }

    static void Print(RunPlan plan, Workplace place)
    {
        Console.WriteLine($"{place.Device.Name}, weights: {place.Weights.Source}");
        Console.WriteLine($"{"size",-12}{"iterations",10}{"features",12}{"targets",12}{"optimiser",12}{"time",10}");
        foreach (var l in plan.Levels)
            Console.WriteLine($"{$"{l.Level.Width}x{l.Level.Height}",-12}{l.Level.Iterations,10}{MemoryLimit.Memory(l.FeatureBytes),12}{MemoryLimit.Memory(l.TargetBytes),12}{MemoryLimit.Memory(l.OptimizerBytes),12}{RunProgress.Duration(l.Seconds),10}");
        Console.WriteLine($"weights {MemoryLimit.Memory(plan.WeightBytes)}; the most at once {MemoryLimit.Memory(plan.PeakBytes)} of device memory; about {RunProgress.Duration(plan.Seconds)} in all");
    }
}
