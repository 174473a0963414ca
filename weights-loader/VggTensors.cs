namespace GpuStyle.WeightsLoader;

/// <summary>Whether a safetensors file's header describes VGG-19's convolutions.</summary>
static class VggTensors
{
    /// <summary>The names that the file uses and how many convolutions it has, conv1_1 counted first.</summary>
    /// <exception cref="WeightsException">None, a gap, a wrong shape or type, or another network.</exception>
    public static (TensorNames Names, int Layers) Check(TensorFile file)
    {
        var names = TensorNames.Of(file) ?? throw file.Problem(file.Tensors.Count == 0
            ? "holds no tensor at all: it is not a weight file of VGG-19"
            : $"holds no tensor of VGG-19 ({TensorNames.Canonical.Weight(0)} or {TensorNames.Torchvision.Weight(0)}): its tensors are {Text.Several([.. file.Tensors.Select(t => t.Name)])}; name another file");
        if (names.Stranger(file) is { } stranger)
            throw file.Problem($"is not plain VGG-19: it has {Text.Quote(stranger)}, as VGG-11, -13, -16 or one with batch normalisation would; name a file of VGG-19 without it");
        int layers = 0, all = VggLayers.All.Count;
        while (layers < all && names.HasLayer(file, layers)) CheckLayer(file, names, layers++);
        for (int later = layers; later < all; later++)
            if (names.HasLayer(file, later))
                throw file.Problem($"lacks {names.Weight(layers)} ({VggLayers.All[layers].Name}) though it has {VggLayers.All[later].Name}: it is not VGG-19 or it is damaged; name another file");
        return (names, layers);
    }

    static void CheckLayer(TensorFile file, TensorNames names, int layer)
    {
        var (name, outputs, inputs) = VggLayers.All[layer];
        CheckTensor(file, names.Weight(layer), name, [outputs, inputs, 3, 3]);
        CheckTensor(file, names.Bias(layer), name, [outputs]);
    }

    static void CheckTensor(TensorFile file, string tensor, string layer, long[] shape)
    {
        var entry = file.Find(tensor) ?? throw file.Problem($"lacks tensor {Text.Quote(tensor)} of {layer}: it is damaged or not VGG-19; get it again");
        if (!entry.Shape.SequenceEqual(shape))
            throw file.Problem($"has tensor {Text.Quote(tensor)} of shape {Text.Shape(entry.Shape)} where VGG-19's {layer} is {Text.Shape(shape)}: name a file of VGG-19");
        if (!entry.IsReadable)
            throw file.Problem($"has tensor {Text.Quote(tensor)} of type {entry.Type}: convert it to F32, F16, BF16 or F64");
    }

    /// <summary>The input that the file's metadata describe, else the one that goes with its names.</summary>
    public static InputDescription Input(TensorFile file, TensorNames names)
    {
        if (!file.Metadata.TryGetValue(InputDescriptions.MetadataKey, out string? json)) return names.Input;
        return InputDescriptions.TryParse(json, out var input) ? input! : throw file.Problem(
            $"has metadata {InputDescriptions.MetadataKey} that describe no input: write them as {InputDescriptions.ToJson(InputDescription.Caffe)}");
    }
}
