using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary><c>demo</c>: the real thing with pictures of its own, no file and no network. Writes content | style | result.</summary>
internal static class DemoCommand
{
    const int Width = 256, Height = 192;

    public static Command Make(Recorded? recorded = null)
    {
        var preset = recorded?.Preset ?? Presets.Find("gram");
        var output = new Option<string>("--output", "-o") { Description = "the triptych to write", HelpName = "OUT", DefaultValueFactory = _ => "demo.png" };
        var iterations = Values.Whole("--iterations", $"iterations at the final size [default: {preset.Optimizer.Iterations}]", 1, 1_000_000);
        var pictures = Values.Text("--pictures", "FOLDER", "only write the pictures that docs/control.md works with: content.png, painting.png, mosaic.png and regions.png");
        var noSettings = OutputOptions.WithoutSettings();
        var options = PlaceOptions.BuiltIn();
        var command = new Command("demo", "make a content and a style picture and paint one in the style of the other") { output, iterations, pictures, noSettings };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(pictures) is { } folder) return WritePictures(folder);
            string target = OutputPicture.Of(parsed.GetValue(output)!);
            WrittenFiles.Check([("-o", target)], options.Read(parsed).Append(recorded?.Picture));
            OutputPicture.Check(target, 3 * Width, Height);
            using var place = options.Open(parsed);
            place.Begin();
            Picture content = ProceduralPictures.Landscape(Width, Height), style = ProceduralPictures.Painting(Width, Height);
            var settings = TransferSettings.Of(preset);
            settings = settings with { Optimizer = settings.Optimizer with { Iterations = parsed.GetValue(iterations) ?? settings.Optimizer.Iterations } };
            settings = settings with { Shares = place.Shares(settings.Objective) };
            var source = new TransferPictures(Height, Width, content.Source(), [style.Source()]);
            using var result = RunProgress.Show(false, show => place.Transfer(settings, settings, null).Run(source, show, place.Interrupt));
            bool interrupted = result.Outcome == Outcome.Cancelled;
            if (interrupted && result.Last is null) throw new OperationCanceledException();
            var triptych = SideBySide.Compose([content, style, new Picture(result.Width, result.Height, result.Rgb)]);
            OutputPicture.Save(target, PictureRows.Of(triptych), new() { Settings = parsed.GetValue(noSettings) ? null : Json.Line(RunRecord.Of(parsed, target, place, preset, settings, options.Chosen(parsed, place).ToDictionary(c => c.Option, c => c.Word))) });
            string line = $"{target}: content | style | result, {RunProgress.Iterations(result.Last)} in "
                + $"{RunProgress.Duration(result.Last?.Seconds ?? 0)} on {place.Devices.Name} with the {place.Weights.Source}"
                + (interrupted ? ", interrupted" : "");
            return OutputPicture.Announce(target, line, interrupted ? CommandTree.Interrupted : CommandTree.Done);
        });
        return command;
    }

    static int WritePictures(string folder)
    {
        if (!Directory.Exists(folder)) throw new UserErrorException($"--pictures {folder}: there is no such folder; create it or choose another.");
        (string Name, Func<int, int, Picture> Paint)[] all =
        [
            ("content", ProceduralPictures.Landscape), ("painting", ProceduralPictures.Painting), ("mosaic", ProceduralPictures.Mosaic), ("regions", ProceduralPictures.LandscapeRegions),
        ];
        string FileOf(string name) => Path.Combine(folder, name + ".png");
        WrittenFiles.Check(all.Select(p => ("--pictures", (string?)FileOf(p.Name))), []);
        foreach (var (name, _) in all) PictureFile.CheckSave(FileOf(name), 2 * Width, 2 * Height);
        foreach (var (name, paint) in all) PictureFile.Save(FileOf(name), paint(2 * Width, 2 * Height));
        return OutputPicture.Announce($"each of {folder}'s pictures", string.Join(Environment.NewLine, all.Select(p => $"{FileOf(p.Name)}: {2 * Width}x{2 * Height}")));
    }
}
