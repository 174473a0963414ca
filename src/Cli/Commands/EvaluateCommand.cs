using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Optimization;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands;

/// <summary><c>evaluate</c>: the losses of a picture, and their gradient, without optimising anything.</summary>
internal static class EvaluateCommand
{
    public static Command Make()
    {
        var options = new RunOptions(defaultSize: 0);
        var image = new Argument<string>("IMAGE") { Description = "the picture to evaluate" };
        var content = Values.Text("--content", "FILE", "the photograph, stretched to IMAGE's size; without it the content loss is left out");
        var style = new Option<string[]>("--style") { Description = "the painting, several times for several, or a folder; without it the style loss is left out", HelpName = "FILE" };
        var gradient = Values.Text("--gradient", "OUT.safetensors", "write the gradient, one safetensors tensor [3,H,W]: d total / d pixel (0..255), RGB");
        var scores = new Option<bool>("--scores") { Description = "how much IMAGE is like the photograph and like the painting, by published scores (docs/quality.md), instead of the losses; the painting as large as IMAGE unless --style-size says otherwise" };
        var json = Values.Json();
        var command = new Command("evaluate", "the losses of IMAGE; by default at its own size") { image, content, style, gradient, scores, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            var styleFiles = options.Styles(parsed, parsed.GetValue(style) ?? []);
            if (parsed.GetValue(content) is null && styleFiles.Length == 0 && !parsed.GetValue(scores)) throw new UserErrorException("evaluate needs --content FILE, --style FILE or both.");
            string? gradientFile = parsed.GetValue(gradient);
            if (parsed.GetValue(scores))
            {
                if (parsed.GetValue(content) is null || styleFiles.Length != 1)
                    throw new UserErrorException($"{scores.Name} compares IMAGE with one photograph and one painting; give --content FILE and one --style FILE.");
                if (gradientFile is not null) throw new UserErrorException($"{scores.Name} has no gradient; leave {gradient.Name} out.");
            }
            if (gradientFile is not null && OutputPicture.IsStandard(gradientFile)) throw new UserErrorException($"{gradient.Name} {gradientFile}: the losses are printed on standard output; name a file for the gradient.");
            if (gradientFile is not null) PictureFile.CheckPlace(gradientFile);
            WrittenFiles.Check([(gradient.Name, gradientFile)], [parsed.GetValue(image), parsed.GetValue(content), .. styleFiles.Select(s => s.Path), .. options.Read(parsed)]);
            int size = options.SizeOf(parsed);
            var colours = options.Colours.Find(parsed, parsed.GetValue(content) is not null, styleFiles.Length > 0);
            if (parsed.GetValue(content) is null && options.Settings(parsed).Objective.TvKind == Kernels.TotalVariationKind.EdgeAware) throw new UserErrorException("--tv edge-aware needs the picture whose edges are kept: name it with --content.");
            var picture = new PictureInput(parsed.GetRequiredValue(image), size);
            var masks = options.Masks.Find(parsed, (parsed.GetRequiredValue(image), picture.Width, picture.Height), parsed.GetValue(content) is not null, styleFiles);
            options.Colours.Between(parsed, styleFiles.Length > 0, masks.Guidance is not null);
            var run = options.ForStyles(parsed, options.Settings(parsed), styleFiles);
            var settings = run.Objective;
            // As a run to IMAGE's size reads it.
            int side = size > 0 ? size : Math.Max(picture.Width, picture.Height);
            var contentPicture = parsed.GetValue(content) is { } c ? new PictureInput(c, side, content.Name).At(picture.Width, picture.Height) : null;
            var stylePictures = options.LoadStyles(parsed, styleFiles, (picture.Width, picture.Height));
            // IMAGE is looked at as it is: kept pixels are in it already.
            masks = masks with { Guidance = masks.Guidance is null ? null : masks.Guidance with { Kept = null } };
            masks = options.Visible(masks, settings, (picture.Width, picture.Height), contentPicture, stylePictures);
            var maps = colours.OfStyles(contentPicture is null ? null : space => contentPicture.Statistics(space), stylePictures.Select(p => (Func<ColourSpace, ColourStatistics>)(space => p.Statistics(space))));
            PictureSource[] styleSources = [.. stylePictures.Zip(maps, (style, map) => style.In(map))];
            var contentSource = contentPicture?.In(colours.OfContent());
            if (parsed.GetValue(scores))
            {
                using var bench = options.Open(parsed);
                bench.Begin();
                // The painting as a run of IMAGE's size has it.
                var painting = parsed.GetValue(options.StyleSize) is null ? new PictureInput(styleFiles[0].Path, side, options.StyleSize.Name) : stylePictures[0];
                ScoreReport.Print(bench, picture, contentPicture!, painting, run.BlockSize, parsed.GetValue(json));
                return CommandTree.Done;
            }
            if (contentPicture is null) settings = settings with { ContentLayers = [] };
            if (stylePictures.Length == 0) settings = settings with { StyleLayers = [] };
            using var place = options.Open(parsed);
            // An evaluation holds what a run of one iteration would, but for the optimiser's vectors.
            run = run with { Objective = settings, Scales = 1, Polish = 0, Optimizer = run.Optimizer with { Kind = OptimizerKind.Adam, Iterations = 1 } };
            run = options.Fitted(parsed, place, run, (picture.Width, picture.Height), stylePictures.Select(p => (p.Width, p.Height)), masks.Guidance);
            if (parsed.GetValue(options.Normalise)) place.Normalise(run, contentSource is null ? styleSources : [contentSource, .. styleSources]);
            place.Begin();
            foreach (string note in masks.Notes) Terminal.Say(note);
            var (losses, weighted, slope) = Evaluate(place, run, picture.In(colours.OfContent()), contentSource, styleSources, masks.Guidance, gradientFile is not null);
            place.Interrupt.ThrowIfCancellationRequested();
            if (slope is not null) SafetensorsFile.Write(gradientFile!, [new TensorData("gradient", [3, picture.Height, picture.Width], slope)]);
            if (parsed.GetValue(json)) Console.WriteLine(Json.Line(new { losses.Total, content = losses.ContentLayers.Zip(settings.ContentLayers, (loss, layer) => loss * layer.Weight).Sum(), style = losses.StyleLayers, losses.Tv, losses.Color }));
            else Print(losses, weighted);
            return CommandTree.Done;
        });
        return command;
    }

    static (Losses, ObjectiveSettings, float[]?) Evaluate(Workplace place, TransferSettings run, PictureSource picture, PictureSource? content, PictureSource[] styles, Guidance? guidance, bool slope)
    {
        using var networks = new NetworkGroup(place.Devices, place.Weights, run.Objective, run.Shares, run.VectorsOnHost);
        using var x = picture.Upload(networks.Home);
        using var objective = networks.Objective(content is null ? null : new(content),
            [.. styles.Select(s => new TargetPicture(s))], picture.Height, picture.Width, blockSize: run.BlockSize, guidance: guidance,
            sought: content is null ? new(picture) : null);
        foreach (string note in objective.Notes) Terminal.Say(note);
        using var gradient = networks.Home.Allocate(x.Shape);
        objective.Evaluate(x, gradient);
        return (objective.ReadLosses(), objective.Settings, slope ? networks.Home.Download(gradient) : null);
    }

    static void Print(Losses losses, ObjectiveSettings settings)
    {
        Console.WriteLine($"{"loss",-8} {"value",-16} {"weight",-10} layer");
        for (int i = 0; i < losses.ContentLayers.Count; i++) Line("content", losses.ContentLayers[i], settings.ContentWeight, settings.ContentLayers[i]);
        for (int i = 0; i < losses.StyleLayers.Count; i++) Line("style", losses.StyleLayers[i], settings.StyleWeight, settings.StyleLayers[i]);
        Console.WriteLine($"{"tv",-8} {losses.Tv,-16:g9} {(settings.TvInTotal ? $"{settings.TvWeight:g6}" : "not in the total")}");
        if (settings.ColorWeight > 0) Console.WriteLine($"{"color",-8} {losses.Color,-16:g9} {settings.ColorWeight:g6}");
        Console.WriteLine($"{"total",-8} {losses.Total:g9}");
    }

    static void Line(string term, double loss, double weight, LayerWeight layer) => Console.WriteLine($"{term,-8} {loss,-16:g9} {weight * layer.Weight,-10:g6} {layer.Layer}");
}
