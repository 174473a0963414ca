using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary>
/// <c>transfer</c>, and its two halves: <c>texture</c> (style alone, from noise) and <c>reconstruct</c> (content alone, from noise).
/// </summary>
internal sealed class TransferCommand
{
    readonly RunOptions options = new();
    readonly OutputOptions output = new();
    readonly Argument<string> content = new("CONTENT") { Description = "the photograph" };
    readonly Argument<string[]> styles = new("STYLE") { Description = "the painting, or several whose styles are averaged", Arity = ArgumentArity.OneOrMore };
    readonly Option<string?> layer = Values.Text("--layer", "relu4_2", "the layer whose features are reconstructed");
    readonly Command command;

    TransferCommand(string name, string description)
    {
        command = new Command(name, description);
    }

    /// <summary>The main job.</summary>
    public static Command Transfer()
    {
        var t = new TransferCommand("transfer", "paint CONTENT in the style of STYLE");
        return t.Finish([t.content, t.styles], parsed => t.Run(parsed, parsed.GetValue(t.content), parsed.GetValue(t.styles)!));
    }

    /// <summary>Style alone.</summary>
    public static Command Texture()
    {
        var t = new TransferCommand("texture", "a texture in the style of STYLE, from noise");
        return t.Finish([t.styles], parsed => t.Run(parsed, null, parsed.GetValue(t.styles)!));
    }

    /// <summary>Content alone.</summary>
    public static Command Reconstruct()
    {
        var t = new TransferCommand("reconstruct", "what a layer still knows of CONTENT, from noise");
        t.command.Options.Add(t.layer);
        return t.Finish([t.content], parsed => t.Run(parsed, parsed.GetValue(t.content), []));
    }

    Command Finish(Argument[] arguments, Func<ParseResult, int> action)
    {
        foreach (var argument in arguments) command.Arguments.Add(argument);
        output.AddTo(command);
        options.AddTo(command);
        command.SetAction(action);
        return command;
    }

    int Run(ParseResult parsed, string? contentFile, string[] styleFiles)
    {
        var settings = Settings(parsed, contentFile, styleFiles);
        string target = parsed.GetRequiredValue(output.Output);
        int size = parsed.GetValue(options.Size) ?? Pictures.DefaultSize;
        var contentPicture = contentFile is null ? null : Pictures.Load(contentFile, size);
        var stylePictures = styleFiles.Select(f => Pictures.Load(f, parsed.GetValue(options.StyleSize) ?? size)).ToArray();
        var initPicture = options.InitFile(parsed) is { } init ? Pictures.Load(init, 0) : null;
        var frame = contentPicture ?? stylePictures[0];
        Pyramid.Levels(frame.Height, frame.Width, settings.Scales, settings.Optimizer.Iterations);
        var save = new SaveOptions { Bits = parsed.GetValue(output.Bits) ?? 8 };
        PictureFile.CheckSave(target, frame.Width, frame.Height, save);
        using var trace = new TraceFile(parsed.GetValue(output.Trace));

        using var place = new Workplace(options, parsed);
        settings = MemoryLimit.Apply(place, settings, frame, stylePictures, parsed.GetValue(options.MaxMemory));
        var pictures = new TransferPictures(frame.Height, frame.Width, contentPicture?.Source(), [.. stylePictures.Select(p => p.Source())], initPicture?.Source());
        var written = new ResultWriter(target, contentPicture?.Alpha, save, new
        {
            command = command.Name,
            version = Versions.Own,
            content = contentFile,
            styles = styleFiles,
            size,
            styleSize = parsed.GetValue(options.StyleSize),
            weights = place.Weights.Source,
            device = place.Device.Name,
            settings,
        });
        int saveEvery = parsed.GetValue(output.SaveEvery) ?? 0;
        bool json = parsed.GetValue(output.Json);
        var result = RunProgress.Show(parsed.GetValue(output.Quiet) || json, show => new StyleTransfer(place.Device, place.Weights, settings).Run(pictures, iterate =>
        {
            show(iterate);
            trace.Write(iterate);
            if (saveEvery > 0 && iterate.Iteration % saveEvery == 0) written.Intermediate(iterate);
        }, place.Interrupt));
        return written.Finish(result, json, place.Device);
    }

    TransferSettings Settings(ParseResult parsed, string? contentFile, string[] styleFiles)
    {
        var settings = options.Settings(parsed);
        var objective = settings.Objective;
        if (contentFile is null) objective = objective with { ContentLayers = [] };
        if (styleFiles.Length == 0)
        {
            objective = objective with { StyleLayers = [], TvWeight = parsed.GetValue(options.TvWeight) ?? 0 };
            if (parsed.GetValue(layer) is { } name) objective = objective with { ContentLayers = [new(Network.Vgg19.Find(name).Relu, 1)] };
        }
        bool half = contentFile is null || styleFiles.Length == 0;
        return settings with { Objective = objective, Init = half && parsed.GetValue(options.Init) is null ? InitKind.Noise : settings.Init };
    }
}
