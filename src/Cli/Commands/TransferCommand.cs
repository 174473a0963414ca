using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary>
/// <c>transfer</c>, and its two halves: <c>texture</c> (style alone, from noise) and <c>reconstruct</c> (content alone, from noise).
/// </summary>
internal sealed class TransferCommand
{
    readonly RunOptions options;
    readonly OutputOptions output = new();
    readonly Argument<string> content = new("CONTENT") { Description = "the photograph" };
    readonly Argument<string[]> styles = new("STYLE")
    {
        Description = "the painting, or several whose styles are mixed; a folder is all pictures in it",
        Arity = ArgumentArity.OneOrMore,
    };
    readonly Option<string?> layer = Values.Layer("--layer", "the layer whose features are reconstructed [default: relu4_2]");
    readonly Option<bool> tile = new("--tile")
    {
        Description = "a texture that tiles: its right edge goes on at its left one, and its bottom at its top; sides are rounded to "
            + "multiples of 16 px, or of what the deepest layer needs",
    };
    readonly Command command;

    TransferCommand(string name, string description, Recorded? recorded, string preset = RunOptions.Gram)
    {
        command = new Command(name, description);
        options = new(Pictures.DefaultSize, recorded, preset);
    }

    /// <summary>The main job.</summary>
    public static Command Transfer(Recorded? recorded = null)
    {
        var t = new TransferCommand("transfer", "paint CONTENT in the style of STYLE", recorded, RunOptions.Motifs);
        return t.Finish([t.content, t.styles], parsed => t.Run(parsed, parsed.GetValue(t.content), parsed.GetValue(t.styles)!));
    }

    /// <summary>Style alone.</summary>
    public static Command Texture(Recorded? recorded = null)
    {
        var t = new TransferCommand("texture", "a texture in the style of STYLE, from noise", recorded);
        t.command.Options.Add(t.tile);
        return t.Finish([t.styles], parsed => t.Run(parsed, null, parsed.GetValue(t.styles)!));
    }

    /// <summary>Content alone.</summary>
    public static Command Reconstruct(Recorded? recorded = null)
    {
        var t = new TransferCommand("reconstruct", "what a layer still knows of CONTENT, from noise", recorded);
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

    int Run(ParseResult parsed, string? contentFile, string[] styleWords)
    {
        var styles = options.Styles(parsed, styleWords);
        bool separated = parsed.Tokens.Any(t => t.Type == System.CommandLine.Parsing.TokenType.DoubleDash);
        string? warning = contentFile is null || separated ? null : GlobWarning.Find(contentFile, styleWords);
        string[] styleFiles = [.. styles.Select(s => s.Path)];
        var settings = Settings(parsed, contentFile, styleFiles);
        string target = output.Target(parsed);
        // Everything that can be wrong is found before the device is opened and the weights are looked for.
        var save = output.Save(parsed);
        var job = TransferJob.Load(options, parsed, settings, contentFile, styles, target, save,
            parsed.GetValue(output.SaveEvery) is not null, (output.Trace.Name, output.TraceTo(parsed)));
        using var trace = new TraceFile(output.TraceTo(parsed));

        using var place = options.Open(parsed);
        settings = job.Fit(place);
        var chosen = options.Chosen(parsed, place, settings);
        var writer = new ResultWriter(target, job.Size, job.Content?.Alpha?.Rows(job.Size.Width), save,
            parsed.GetValue(output.NoSettings) ? null
                : RunRecord.Of(parsed, target, place, options.PresetOf(parsed), settings, chosen) with { Asked = options.Asked(parsed, chosen) },
            job.Finished);
        place.Begin();
        if (warning is not null) Terminal.Say(warning);
        foreach (string note in job.Masks.Notes.Concat(options.Idle(parsed, settings, styles.Length, place))) Terminal.Say(note);
        int saveEvery = parsed.GetValue(output.SaveEvery) ?? 0;
        bool json = parsed.GetValue(output.Json);
        try
        {
            using var result = RunProgress.Show(parsed.GetValue(output.Quiet) || json, show => job.Run(place, settings, iterate =>
            {
                show(iterate);
                trace.Write(iterate);
                if (place.Interrupt.IsCancellationRequested && iterate is { Closing: true } && iterate.Scale < iterate.Scales)
                    writer.Provisional(iterate);
                if (saveEvery > 0 && iterate.Iteration % saveEvery == 0) writer.Intermediate(iterate);
            }));
            return writer.Finish(result, settings.Optimizer, json, place);
        }
        catch (RunFailedException e)
        {
            throw writer.Failed(e);
        }
    }

    TransferSettings Settings(ParseResult parsed, string? contentFile, string[] styleFiles)
    {
        var settings = options.Settings(parsed);
        var objective = settings.Objective;
        if (contentFile is null && objective.TvKind == Kernels.TotalVariationKind.EdgeAware)
            throw new UserErrorException($"--tv edge-aware: {command.Name} has no content picture whose edges could be kept; use another.");
        bool half = contentFile is null || styleFiles.Length == 0;
        if (contentFile is null) objective = objective with { ContentLayers = [] };
        if (styleFiles.Length == 0)
        {
            objective = objective with { StyleLayers = [] };
            if (parsed.GetValue(layer) is { } name) objective = objective with { ContentLayers = [new(name, 1)] };
        }
        if (command.Options.Contains(tile) && parsed.GetValue(tile))
        {
            if (parsed.GetValue(options.Masks.Content) is { Length: > 0 })
                throw new UserErrorException($"{tile.Name}: a texture that tiles has its style all over; leave {options.Masks.Content.Name} out.");
            objective = objective with { Tiles = true };
        }
        if (half && parsed.GetValue(options.Init) is null) settings = settings with { Init = InitKind.Noise };
        if ((settings.Init is InitKind.Content or InitKind.Details && contentFile is null) || (settings.Init is InitKind.Style or InitKind.Details && styleFiles.Length == 0))
            throw new UserErrorException(
                $"--init '{parsed.GetValue(options.Init)}' is wrong: {command.Name} has no such picture; use noise or a file.");
        return settings with { Objective = objective };
    }
}
