namespace GpuStyle.WeightsLoader;

/// <summary>A way of naming the tensors of VGG-19's sixteen convolutions.</summary>
/// <param name="Name">For people.</param>
/// <param name="Input">What a network under these names expects, where the file itself does not say.</param>
/// <param name="Modules">The sixteen names to which <c>.weight</c> and <c>.bias</c> are added.</param>
sealed record TensorNames(string Name, InputDescription Input, IReadOnlyList<string> Modules)
{
    static readonly int[] TorchPlaces = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];

    /// <summary>conv1_1.weight ... conv5_4.bias, and Caffe's input.</summary>
    public static TensorNames Canonical { get; } =
        new("canonical", InputDescription.Caffe, [.. VggLayers.All.Select(layer => layer.Name)]);

    /// <summary>features.0.weight ... features.34.bias, and torchvision's input.</summary>
    public static TensorNames Torchvision { get; } =
        new("torchvision", InputDescriptions.Torchvision, [.. TorchPlaces.Select(place => $"features.{place}")]);

    /// <summary>The weight tensor's name of convolution <paramref name="layer"/>, 0 to 15.</summary>
    public string Weight(int layer) => $"{Modules[layer]}.weight";

    /// <summary>The bias tensor's name of convolution <paramref name="layer"/>, 0 to 15.</summary>
    public string Bias(int layer) => $"{Modules[layer]}.bias";

    /// <summary>Whether the file has any tensor of that convolution.</summary>
    public bool HasLayer(TensorFile file, int layer) =>
        file.Find(Weight(layer)) is not null || file.Find(Bias(layer)) is not null;

    /// <summary>Whether a tensor of that name is one of the sixteen convolutions'.</summary>
    public bool IsOurs(string tensor) => Modules.Any(module => tensor == $"{module}.weight" || tensor == $"{module}.bias");

    /// <summary>The names that a file uses, or null when it has no tensor of either kind.</summary>
    public static TensorNames? Of(TensorFile file) =>
        new[] { Canonical, Torchvision }.FirstOrDefault(names => Enumerable.Range(0, VggLayers.All.Count).Any(i => names.HasLayer(file, i)));

    /// <summary>
    /// A tensor that shows the network to be another one (VGG-16, VGG-13, batch normalisation), though the names alone might fit
    /// VGG-19 for some layers; null when there is none.
    /// </summary>
    public string? Stranger(TensorFile file)
    {
        foreach (var entry in file.Tensors)
        {
            int dot = entry.Name.LastIndexOf('.');
            if (dot < 0 || Modules.Contains(entry.Name[..dot])) continue;
            string module = entry.Name[..dot];
            bool feature = ReferenceEquals(this, Torchvision)
                ? module.StartsWith("features.", StringComparison.Ordinal)
                : module.StartsWith("conv", StringComparison.Ordinal) && entry.Shape.Count == 4;
            if (feature && entry.Shape.Count > 0) return entry.Name;
        }
        return null;
    }
}
