using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands.Weights;

/// <summary><c>weights convert</c>: any file that is read, in canonical form; normalised and in half precision if asked for.</summary>
internal static class ConvertCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "a weight file" };
        var output = new Option<string>("--output", "-o") { Description = "canonical safetensors, float32", HelpName = "OUT.safetensors", Required = true };
        var half = new Option<bool>("--half") { Description = "write half precision: half the size, three digits" };
        var input = Values.Choice("--input", "what the network was trained for, where 'weights inspect' is wrong about it", [.. InputDescriptions.Named.Keys]);
        var normalise = new Option<string[]>("--normalise")
        {
            Description = "scale every channel to mean activation 1 over these pictures (Gatys' normalisation)",
            HelpName = "IMAGE...",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var size = Values.Whole("--size", $"longest side of the pictures of --normalise; 0 keeps their own [default: {Pictures.DefaultSize}]", 0, 100_000);
        var pooling = Values.Pooling("how the network pools for --normalise [default: average]");
        var device = PlaceOptions.DeviceOption();
        var command = new Command("convert", "write a file's VGG-19 convolutions in canonical form") { file, output, half, input, normalise, size, pooling, device };
        command.SetAction(parsed =>
        {
            string target = parsed.GetRequiredValue(output);
            string[] images = parsed.GetValue(normalise) ?? [];
            if (images.Length == 0 && new Option[] { size, pooling, device }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } idle)
                throw new UserErrorException($"{idle.Name} says how --normalise looks at its pictures; give --normalise IMAGE, or leave {idle.Name} out.");
            if (target == OutputPicture.Standard) throw new UserErrorException($"-o {target}: weights go to a file; name one.");
            WrittenFiles.Check([("-o", target)], images.Concat(WeightFile.Files(parsed.GetRequiredValue(file))));
            PictureFile.CheckPlace(target);
            int side = parsed.GetValue(size) ?? Pictures.DefaultSize;
            foreach (string image in images) Pictures.Fitted(image, side);
            var weights = WeightFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(input) is { } name ? InputDescriptions.Named[name] : null);
            if (images.Length > 0)
            {
                using var opened = Devices.Open(parsed.GetValue(device) ?? "auto", precision: Precision.Fp32);
                var deepest = Vgg19.Layers[weights.Layers.Count - 1];
                weights = ActivationMeans.Normalise(opened, weights, parsed.GetValue(pooling) ?? PoolingKind.Average, deepest, 1,
                    images.Select(image => Uploaded(image, side, opened)), $"normalised over {string.Join(", ", images.Select(Path.GetFileName))}");
            }
            WeightFile.Save(target, weights, parsed.GetValue(half));
            return OutputPicture.Announce(target, $"{target}: {weights.Layers.Count} convolutions, {weights.Layers[0].Name} to {weights.Layers[^1].Name}; input {WeightsCommand.Describe(weights.Input)}");
        });
        return command;
    }

    static Tensor Uploaded(string image, int side, Device device)
    {
        var picture = new PictureInput(image, side);
        try
        {
            return picture.Source.Upload(device);
        }
        finally
        {
            picture.Close();
        }
    }
}
