namespace GpuStyle.WeightsLoader;

/// <summary>Whether what a file holds is VGG-19, and says what it is otherwise.</summary>
static class VggCheck
{
    /// <summary>Where the convolutions are: from conv1_1 on, with no gap, each of its shape, as far as the file goes.</summary>
    /// <exception cref="WeightsException">None, a gap, a wrong shape or type, or another network.</exception>
    public static VggTensors Require(TensorFile file)
    {
        if (file.Tensors.Count == 0) throw file.Problem("holds no tensor at all: it is not a weight file of VGG-19");
        var found = VggTensors.Find(file)
            ?? throw file.Problem($"is not VGG-19: it has {Several(file.Tensors)}; name a file of VGG-19");
        if (found.Strangers is [var stranger, ..])
            throw file.Problem($"is not VGG-19: it has {Several([.. stranger.Tensors])}, as VGG-11, -13 or -16 would; name a file of VGG-19");
        for (int i = 0; i < found.Layers.Count; i++)
        {
            string name = VggLayers.All[i].Name;
            if (found.Layers[i] is not { } layer) continue;
            if (i > found.Count) throw file.Problem($"is not VGG-19, or damaged: it has {name} but lacks {VggLayers.All[found.Count].Name}, as VGG-11, -13 or -16 would; name another file");
            Check(file, found, i, layer, name);
        }
        return found;
    }

    static void Check(TensorFile file, VggTensors found, int index, LayerModules layer, string name)
    {
        var (outputs, inputs) = found.ChannelsOf(index);
        var kernel = layer.Convolution.Weight ?? throw Lacks(file, $"{name}.weight");
        if (found.OrderOf(index) is null)
            throw file.Problem($"is not VGG-19: it has tensor {Text.Quote(kernel.Name)} of shape {Text.Shape(kernel.Shape)} where VGG-19's {name} is {Expected(found.Family.Order, outputs, inputs)}; name a file of VGG-19");
        if (layer.Normalisation is not { } normalisation)
        {
            if (layer.Convolution.Bias is null) throw Lacks(file, $"{name}.bias");
            if (found.Family.Normalisations is not null) throw Lacks(file, $"the batch normalisation of {name}");
        }
        else
        {
            foreach (var (part, what) in new[] { (normalisation.Weight, "factor"), (normalisation.Bias, "summand"), (normalisation.Mean, "mean"), (normalisation.Variance, "variance") })
                if (part is null) throw Lacks(file, $"the {what} of {name}'s batch normalisation");
        }
        foreach (var tensor in layer.Convolution.Tensors.Concat(layer.Normalisation?.Tensors ?? []))
        {
            if (!ReferenceEquals(tensor, kernel) && !IsVector(tensor, outputs))
                throw file.Problem($"has tensor {Text.Quote(tensor.Name)} of shape {Text.Shape(tensor.Shape)} where VGG-19's {name} has {outputs} values: name a file of VGG-19");
            if (!tensor.IsReadable)
                throw file.Problem($"has tensor {Text.Quote(tensor.Name)} of type {tensor.Type}: convert it to F32, F16, BF16 or F64");
        }
    }

    /// <summary>[64], and [1, 64] or [1, 1, 1, 64] as MATLAB and Caffe's first format write it.</summary>
    static bool IsVector(TensorEntry tensor, int length) => tensor.Elements == length && tensor.Shape.Count(size => size != 1) == 1;

    static WeightsException Lacks(TensorFile file, string what) => file.Problem($"lacks {what}: it is damaged or not VGG-19; get it again");

    static string Expected(KernelOrder order, long outputs, long inputs)
    {
        string first = Text.Shape([outputs, inputs, 3, 3]), last = Text.Shape([3, 3, inputs, outputs]);
        return order switch { KernelOrder.OutputFirst => first, KernelOrder.OutputLast => last, _ => $"{first} or {last}" };
    }

    /// <summary>The first three tensors with their shapes, and the number of the others.</summary>
    static string Several(IReadOnlyList<TensorEntry> tensors) =>
        string.Join(", ", tensors.Take(3).Select(t => $"{Text.Quote(t.Name)} {Text.Shape(t.Shape)}")) + (tensors.Count > 3 ? $" and {tensors.Count - 3} more tensors" : "");
}
