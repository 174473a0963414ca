namespace GpuStyle.WeightsLoader;

/// <summary>The modules of one convolution of VGG-19 in a file.</summary>
/// <param name="Convolution">Kernel and bias.</param>
/// <param name="Normalisation">The batch normalisation that follows; null where the network has none.</param>
sealed record LayerModules(NetworkModule Convolution, NetworkModule? Normalisation);

/// <summary>Where VGG-19's convolutions are in a file: the family of names and the group of modules that fit best.</summary>
sealed class VggTensors
{
    readonly ModuleGroup group;
    readonly LayerModules?[] layers;
    readonly List<int>? widths;

    VggTensors(NameFamily family, ModuleGroup group)
    {
        (Family, this.group) = (family, group);
        layers = [.. family.Convolutions.Select((name, i) => group.Find(name) is { } convolution
            ? new LayerModules(convolution, family.Normalisations is { } names ? group.Find(names[i]) : null)
            : null)];
        if (family.MayBeNarrower) widths = OwnWidths();
        var ours = family.Convolutions.Concat(family.Normalisations ?? []).Append(family.Preprocessing).ToHashSet();
        Strangers = [.. group.Modules.Where(module => !ours.Contains(module.Name) && (module.IsNormalisation || IsThreeByThree(module.Weight, family.Order)))];
    }

    /// <summary>How the file names its tensors.</summary>
    public NameFamily Family { get; }

    /// <summary>Convolutions and batch normalisations that VGG-19 does not have.</summary>
    public IReadOnlyList<NetworkModule> Strangers { get; }

    /// <summary>The convolutions, conv1_1 first; null for those that the file has not.</summary>
    public IReadOnlyList<LayerModules?> Layers => layers;

    /// <summary>The 1x1 convolution before the first one, where the family has one.</summary>
    public NetworkModule? Preprocessing => Family.Preprocessing is { } name ? group.Find(name) : null;

    /// <summary>How many convolutions there are before the first gap.</summary>
    public int Count => Array.IndexOf(layers, null) is >= 0 and var gap ? gap : layers.Length;

    /// <summary>All tensors of the convolutions and their batch normalisations.</summary>
    public IEnumerable<TensorEntry> Tensors => layers.OfType<LayerModules>().SelectMany(layer => layer.Convolution.Tensors.Concat(layer.Normalisation?.Tensors ?? []));

    /// <summary>What of the first <paramref name="count"/> convolutions a file has not, in canonical names.</summary>
    public static IEnumerable<string> Missing(VggTensors? tensors, int count) => Enumerable.Range(0, count).SelectMany(i =>
    {
        var (name, layer) = (VggLayers.All[i].Name, tensors?.layers[i]);
        var missing = new List<string>();
        if (layer?.Convolution.Weight is null) missing.Add($"{name}.weight");
        if (layer?.Convolution.Bias is null && layer?.Normalisation is null) missing.Add($"{name}.bias");
        return missing;
    });

    /// <summary>The place in a file where most of VGG-19's kernels are, of their shapes; null where there is none at all.</summary>
    public static VggTensors? Find(TensorFile file) => NameFamily.All
        .SelectMany(family => ModuleGroup.Of(file, family).Select(group => new VggTensors(family, group)))
        .Where(found => found.Kernels > 0)
        .MaxBy(found => found.Fits - found.Strangers.Count);

    int Kernels => Enumerable.Range(0, layers.Length).Count(i => OrderOf(i) is not null);

    /// <summary>Kernels, batch normalisations and preprocessing convolutions that are where and as the family says.</summary>
    int Fits => Kernels + layers.Count(layer => layer?.Normalisation is not null) + (Preprocessing is { } first && Preprocess.IsOne(first) ? 1 : 0);

    /// <summary>
    /// Output and input channels that a convolution must have: VGG-19's, or, in a network made from it with fewer channels, those that its
    /// kernels agree on.
    /// </summary>
    public (int Outputs, int Inputs) ChannelsOf(int layer) => widths is not null && layer < widths.Count
        ? (widths[layer], layer == 0 ? 3 : widths[layer - 1])
        : (VggLayers.All[layer].OutputChannels, VggLayers.All[layer].InputChannels);

    /// <summary>
    /// The channels of a whole network, conv1_1 to conv5_1 at least, each of whose kernels takes what the one before puts out; null where
    /// they do not.
    /// </summary>
    List<int>? OwnWidths()
    {
        const int least = 3, deepest = 13;
        var own = new List<int>();
        foreach (var layer in layers.TakeWhile(l => l is not null))
        {
            if (layer!.Convolution.Weight?.Shape is not [var outputs, var inputs, 3, 3] || inputs != (own.Count == 0 ? 3
                : own[^1])) return null;
            if (outputs < least || outputs > VggLayers.All[own.Count].OutputChannels) return null;
            own.Add((int)outputs);
        }
        return own.Count >= deepest ? own : null;
    }

    /// <summary>In which of the family's orders the kernel of a convolution is stored; null when its shape is another.</summary>
    public KernelOrder? OrderOf(int layer)
    {
        var (outputs, inputs) = ChannelsOf(layer);
        return layers[layer]?.Convolution.Weight?.Shape switch
        {
            null => null,
            [var o, var i, 3, 3] when o == outputs && i == inputs && Family.Order.HasFlag(KernelOrder.OutputFirst) => KernelOrder.OutputFirst,
            // Torch7's SpatialConvolutionMM keeps a kernel as a matrix.
            [var o, var rest] when o == outputs && rest == 9 * inputs && Family.Order.HasFlag(KernelOrder.OutputFirst) => KernelOrder.OutputFirst,
            [3, 3, var i, var o] when o == outputs && i == inputs && Family.Order.HasFlag(KernelOrder.OutputLast) => KernelOrder.OutputLast,
            _ => null,
        };
    }

    static bool IsThreeByThree(TensorEntry? kernel, KernelOrder order) => kernel?.Shape switch
    {
        [_, _, 3, 3] => order.HasFlag(KernelOrder.OutputFirst),
        [3, 3, _, _] => order.HasFlag(KernelOrder.OutputLast),
        _ => false,
    };
}
