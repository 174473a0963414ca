using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Optimization;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands;

/// <summary><c>demo</c>: the real thing with pictures of its own, no file and no network. Writes content | style | result.</summary>
internal static class DemoCommand
{
    const int Width = 256, Height = 192;

    public static Command Make()
    {
        var output = new Option<string>("--output", "-o") { Description = "the triptych to write", HelpName = "OUT", DefaultValueFactory = _ => "demo.png" };
        var device = Values.Text("--device", "D", "where to compute, as for transfer");
        var weights = Values.Text("--weights", "PATH|NAME", "VGG-19 weights; the built-in network if not given");
        var command = new Command("demo", "make a content and a style picture and paint one in the style of the other") { output, device, weights };
        command.SetAction(parsed =>
        {
            string target = parsed.GetValue(output)!;
            PictureFile.CheckSave(target, 3 * Width, Height);
            using var place = new Workplace(parsed.GetValue(device) ?? "auto", 0, parsed.GetValue(weights) ?? WeightStore.BuiltIn);
            Picture content = ProceduralPictures.Landscape(Width, Height), style = ProceduralPictures.Painting(Width, Height);
            var settings = TransferSettings.Of(Presets.Find("default"));
            var pictures = new TransferPictures(Height, Width, content.Source(), [style.Source()]);
            var result = RunProgress.Show(false, show => new StyleTransfer(place.Device, place.Weights, settings).Run(pictures, show, place.Interrupt));
            var triptych = SideBySide.Compose([content, style, new Picture(result.Width, result.Height, result.Rgb)]);
            PictureFile.Save(target, triptych, new() { Settings = Json.Line(new { command = "demo", version = Versions.Own, weights = place.Weights.Source, device = place.Device.Name, settings }) });
            Console.WriteLine($"{target}: content | style | result, {result.Last?.Iteration ?? 0} iterations in {RunProgress.Duration(result.Last?.Seconds ?? 0)} on {place.Device.Name} with the {place.Weights.Source}");
            return result.Interrupted ? CommandTree.Interrupted : CommandTree.Done;
        });
        return command;
    }
}
