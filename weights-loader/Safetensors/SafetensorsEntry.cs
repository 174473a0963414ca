namespace GpuStyle.WeightsLoader;

/// <summary>One tensor as a safetensors header describes it, checked against the file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Type">The format's name of its element type: <c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>F64</c>, <c>I64</c>, ...</param>
/// <param name="Shape">Its dimensions, outermost first; empty for a scalar.</param>
/// <param name="Elements">The product of <paramref name="Shape"/>.</param>
/// <param name="Position">Where its first byte lies in the file.</param>
/// <param name="Bytes">Its length in bytes.</param>
public sealed record SafetensorsEntry(
    string Name, string Type, IReadOnlyList<long> Shape, long Elements, long Position, long Bytes);
