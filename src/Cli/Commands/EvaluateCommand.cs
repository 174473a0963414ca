using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands;

/// <summary><c>evaluate</c>: the losses of a picture, and their gradient, without optimising anything.</summary>
internal static class EvaluateCommand
{
    public static Command Make()
    {
        var options = new RunOptions();
        var image = new Argument<string>("IMAGE") { Description = "the picture to evaluate" };
        var content = new Option<string?>("--content") { Description = "the photograph; without it the content loss is left out", HelpName = "FILE" };
        var style = new Option<string[]>("--style") { Description = "the painting; without it the style loss is left out", HelpName = "FILE" };
        var gradient = new Option<string?>("--gradient") { Description = "write the gradient, one safetensors tensor [3,H,W]: d total / d pixel (0..255), RGB", HelpName = "OUT.safetensors" };
        var json = new Option<bool>("--json") { Description = "print one JSON object" };
        var command = new Command("evaluate", "the losses of IMAGE; by default at its own size") { image, content, style, gradient, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            int size = parsed.GetValue(options.Size) ?? 0;
            var settings = options.Settings(parsed).Objective;
            var picture = Pictures.Load(parsed.GetRequiredValue(image), size);
            var contentPicture = parsed.GetValue(content) is { } c ? Pictures.Load(c, size).At(picture.Width, picture.Height) : null;
            var stylePictures = (parsed.GetValue(style) ?? []).Select(s => Pictures.Load(s, parsed.GetValue(options.StyleSize) ?? size)).ToArray();
            if (contentPicture is null) settings = settings with { ContentLayers = [] };
            if (stylePictures.Length == 0) settings = settings with { StyleLayers = [] };
            if (contentPicture is null && stylePictures.Length == 0) throw new UserErrorException("evaluate needs --content FILE, --style FILE or both.");
            using var place = new Workplace(options, parsed);
            var (losses, slope) = Evaluate(place, settings, picture, contentPicture, stylePictures);
            if (parsed.GetValue(gradient) is { } file) SafetensorsFile.Write(file, [new TensorData("gradient", [3, picture.Height, picture.Width], slope)]);
            if (parsed.GetValue(json)) Console.WriteLine(Json.Line(new { losses.Total, losses.Content, style = losses.StyleLayers, losses.Tv }));
            else Print(losses, settings);
            return CommandTree.Done;
        });
        return command;
    }

    static (Losses, float[]) Evaluate(Workplace place, ObjectiveSettings settings, Picture picture, Picture? content, Picture[] styles)
    {
        var device = place.Device;
        Kernels.Tensor Upload(Picture p) => device.Allocate(new(3, p.Height, p.Width), p.Rgb);
        using var network = new FeatureNetwork(device, place.Weights, settings.Pooling, settings.Deepest(), settings.PixelScale);
        using var x = Upload(picture);
        using var contentTensor = content is null ? null : Upload(content);
        var styleTensors = styles.Select(Upload).ToList();
        using var objective = new Objective(network, settings, contentTensor, styleTensors, picture.Height, picture.Width);
        styleTensors.ForEach(t => t.Dispose());
        using var gradient = device.Allocate(x.Shape);
        objective.Evaluate(x, gradient);
        return (objective.ReadLosses(), device.Download(gradient));
    }

    static void Print(Losses losses, ObjectiveSettings settings)
    {
        Console.WriteLine($"total    {losses.Total:g9}");
        for (int i = 0; i < losses.ContentLayers.Count; i++) Console.WriteLine($"content  {losses.ContentLayers[i]:g9}  {settings.ContentLayers[i].Layer}");
        for (int i = 0; i < losses.StyleLayers.Count; i++) Console.WriteLine($"style    {losses.StyleLayers[i]:g9}  {settings.StyleLayers[i].Layer}");
        Console.WriteLine($"tv       {losses.Tv:g9}");
    }
}
