namespace GpuStyle.WeightsLoader;

/// <summary>A tensor in a weight file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Its element type in the file.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Statistics">Null for an element type that is not read, and for a tensor without values.</param>
public sealed record InspectedTensor(string Name, string Type, IReadOnlyList<long> Shape, TensorStatistics? Statistics);

/// <summary>A tensor's values at a glance; of the finite ones, where there are others.</summary>
/// <param name="Minimum">The least.</param>
/// <param name="Maximum">The greatest.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation, over all values (divided by n).</param>
/// <param name="NonFinite">How many are NaN or infinite.</param>
public sealed record TensorStatistics(float Minimum, float Maximum, double Mean, double Deviation, long NonFinite);

/// <summary>What <see cref="WeightFile.Inspect"/> finds out about a file.</summary>
/// <param name="Path">The path as it was given.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">In lower-case hexadecimal.</param>
/// <param name="Known">The published file that it is, by its hash; null when it is none of the table's.</param>
/// <param name="Container">Its container's name (<see cref="TensorFile.Container"/>); what a file that cannot be opened looks like, such as "a zip archive (...)", or "unknown".</param>
/// <param name="Names">How VGG-19's tensors are named, such as "canonical" or "torchvision"; null where it has none.</param>
/// <param name="Layers">The convolutions of VGG-19 that the file has anything of, in canonical names.</param>
/// <param name="Input">What the network expects; null where it is not VGG-19.</param>
/// <param name="InputReason">How that was decided, in one clause.</param>
/// <param name="Metadata">The texts in the header.</param>
/// <param name="Tensors">Its tensors in the order of their data; empty where the file cannot be read.</param>
/// <param name="MissingForConv5_1">The tensors that VGG-19 up to conv5_1 (the paper's style layers) has and the file has not, in canonical names.</param>
/// <param name="MissingForConv5_4">The same for all sixteen convolutions.</param>
/// <param name="Problem">Why <see cref="WeightFile.Load"/> refuses the file, in one line; null when it does not.</param>
public sealed record WeightInspection(
    string Path, long Bytes, string Sha256, KnownWeightFile? Known, string Container, string? Names,
    IReadOnlyList<string> Layers, InputDescription? Input, string? InputReason,
    IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<InspectedTensor> Tensors,
    IReadOnlyList<string> MissingForConv5_1, IReadOnlyList<string> MissingForConv5_4, string? Problem);
