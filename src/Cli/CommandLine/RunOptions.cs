using System.CommandLine;
using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Cli;

/// <summary>The options shared by the commands that work on an objective, and the settings they come to.</summary>
internal sealed class RunOptions
{
    public Option<int?> Size { get; } = Values.Whole("--size", "longest side of the result in pixels; 0 keeps the picture's own size, pixels untouched", 0, 100_000);
    public Option<int?> StyleSize { get; } = Values.Whole("--style-size", "longest side of the style pictures; by default as --size", 0, 100_000);
    public Option<string?> Preset { get; } = Values.Choice("--preset", "a named set of settings; other options override it", [.. Presets.All.Select(p => p.Name)]);
    public Option<string?> Weights { get; } = Values.Text("--weights", "PATH|NAME", "VGG-19 weights: a file, a known name, or built-in");
    public Option<string?> Device { get; } = Values.Text("--device", "auto|cpu|cuda[:i]|opencl[:i]|ilgpu-cpu", "where to compute");
    public Option<int?> Iterations { get; } = Values.Whole("--iterations", "iterations at the final size", 1, 1_000_000);
    public Option<string?> Optimizer { get; } = Values.Choice("--optimizer", "lbfgs: fewer iterations; adam: less memory", "lbfgs", "adam");
    public Option<double?> LearningRate { get; } = Values.Number("--learning-rate", "step length: 1 for lbfgs, 10 for adam");
    public Option<int?> History { get; } = Values.Whole("--history", "pairs that L-BFGS remembers, two pictures of memory each", 1, 1000);
    public Option<string?> LineSearch { get; } = Values.Choice("--line-search", "how L-BFGS chooses its steps", "none", "strong-wolfe");
    public Option<string?> Init { get; } = Values.Text("--init", "content|noise|style|FILE", "what the picture starts as");
    public Option<int?> Seed { get; } = Values.Whole("--seed", "seed of the noise", 0);
    public Option<string?> Pooling { get; } = Values.Choice("--pooling", "how the network pools", "average", "max");
    public Option<LayerWeight[]?> ContentLayers { get; } = Values.Layers("--content-layers", "layers of the content loss, with weights");
    public Option<LayerWeight[]?> StyleLayers { get; } = Values.Layers("--style-layers", "layers of the style loss, with weights");
    public Option<double?> ContentWeight { get; } = Values.Number("--content-weight", "weight of the content loss");
    public Option<double?> StyleWeight { get; } = Values.Number("--style-weight", "weight of the style loss");
    public Option<double?> TvWeight { get; } = Values.Number("--tv-weight", "weight of total variation: smoother");
    public Option<string?> Scales { get; } = Values.Text("--scales", "N|auto", "sizes from coarse to fine, each twice the one before");
    public Option<long?> MaxMemory { get; } = Values.Bytes("--max-memory", "the most device memory to use");
    public Option<int?> Threads { get; } = Values.Whole("--threads", "threads of the cpu device; 0 is one per core", 0, 1024);

    /// <summary>Adds them all to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            Size, StyleSize, Preset, Weights, Device, Iterations, Optimizer, LearningRate, History, LineSearch, Init, Seed, Pooling,
            ContentLayers, StyleLayers, ContentWeight, StyleWeight, TvWeight, Scales, MaxMemory, Threads,
        }) command.Options.Add(option);
    }

    /// <summary>The preset's settings with what the command line overrides.</summary>
    public TransferSettings Settings(ParseResult parsed)
    {
        var preset = Presets.Find(parsed.GetValue(Preset) ?? "default");
        var settings = TransferSettings.Of(preset);
        var objective = settings.Objective;
        var optimizer = settings.Optimizer;
        double? rate = parsed.GetValue(LearningRate);
        return settings with
        {
            Objective = objective with
            {
                ContentLayers = WithWeights(parsed.GetValue(ContentLayers), objective.ContentLayers),
                StyleLayers = WithWeights(parsed.GetValue(StyleLayers), objective.StyleLayers),
                ContentWeight = parsed.GetValue(ContentWeight) ?? objective.ContentWeight,
                StyleWeight = parsed.GetValue(StyleWeight) ?? objective.StyleWeight,
                TvWeight = parsed.GetValue(TvWeight) ?? objective.TvWeight,
                Pooling = parsed.GetValue(Pooling) switch { "average" => PoolingKind.Average, "max" => PoolingKind.Max, _ => objective.Pooling },
            },
            Optimizer = optimizer with
            {
                Kind = parsed.GetValue(Optimizer) switch { "adam" => OptimizerKind.Adam, "lbfgs" => OptimizerKind.Lbfgs, _ => optimizer.Kind },
                Iterations = parsed.GetValue(Iterations) ?? optimizer.Iterations,
                LbfgsLearningRate = rate ?? optimizer.LbfgsLearningRate,
                AdamLearningRate = rate ?? optimizer.AdamLearningRate,
                History = parsed.GetValue(History) ?? optimizer.History,
                LineSearch = parsed.GetValue(LineSearch) switch { "strong-wolfe" => Optimization.LineSearch.StrongWolfe, "none" => Optimization.LineSearch.None, _ => optimizer.LineSearch },
            },
            Init = parsed.GetValue(Init) switch { null => settings.Init, "content" => InitKind.Content, "noise" => InitKind.Noise, "style" => InitKind.Style, _ => InitKind.Picture },
            Seed = parsed.GetValue(Seed) ?? settings.Seed,
            Scales = parsed.GetValue(Scales) switch
            {
                null => settings.Scales,
                "auto" => 0,
                var text when int.TryParse(text, out int n) && n is > 0 and <= 12 => n,
                var text => throw new UserErrorException($"--scales '{text}' is wrong; it takes auto or a whole number from 1 to 12."),
            },
        };
    }

    /// <summary>The file that --init names, if it names one.</summary>
    public string? InitFile(ParseResult parsed) => parsed.GetValue(Init) is { } init and not ("content" or "noise" or "style") ? init : null;

    /// <summary>Layers without a weight get the one that the preset's layers have.</summary>
    static IReadOnlyList<LayerWeight> WithWeights(LayerWeight[]? layers, IReadOnlyList<LayerWeight> preset) =>
        layers is null or [] ? preset : [.. layers.Select(l => double.IsNaN(l.Weight) ? l with { Weight = preset[0].Weight } : l)];
}
