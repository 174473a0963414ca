namespace GpuStyle.WeightsLoader;

/// <summary>What a network expects, and how that was decided.</summary>
/// <param name="Input">The description.</param>
/// <param name="Reason">One clause for people, such as "conv1_1 is that of the Caffe training".</param>
public sealed record InputChoice(InputDescription Input, string Reason)
{
    /// <summary>
    /// What the caller says; else the file's metadata; else its preprocessing convolution; else conv1_1, where it is the Caffe training's;
    /// else what goes with the names.
    /// </summary>
    /// <exception cref="WeightsException">Metadata or a preprocessing convolution that describe no input.</exception>
    internal static InputChoice Make(TensorFile file, VggTensors tensors, ConvolutionWeights first, InputDescription? named)
    {
        if (named is not null) return new(named, "asked for");
        if (file.Metadata.TryGetValue(InputDescriptions.MetadataKey, out string? json))
            return InputDescriptions.TryParse(json, out var written) ? new(written!, "the file's metadata say it") : throw file.Problem(
                $"has metadata {InputDescriptions.MetadataKey} that describe no input: write them as {InputDescriptions.ToJson(InputDescription.Caffe)}");
        if (tensors.Preprocessing is { } module) return new(Preprocess.Fold(file, module), $"its preprocessing convolution {Text.Quote(module.Weight?.Name ?? module.Name)} makes it");
        return CaffeTraining.Recognise(first) switch
        {
            ChannelOrder.Bgr => new(InputDescription.Caffe, "conv1_1 is that of the Caffe training"),
            ChannelOrder.Rgb => new(InputDescriptions.CaffeRgb, "conv1_1 is that of the Caffe training with red and blue exchanged"),
            _ => new(tensors.Family.Input, $"usual under names of this kind ({tensors.Family.Name}); conv1_1 is not that of the Caffe training"),
        };
    }
}
