namespace GpuStyle.WeightsLoader;

/// <summary>A float32 tensor to be written.</summary>
/// <param name="Name">Its name; not <c>__metadata__</c>.</param>
/// <param name="Shape">Its dimensions, outermost first; empty for a scalar.</param>
/// <param name="Values">Its values in row-major order: as many as the product of <paramref name="Shape"/>.</param>
public sealed record TensorData(string Name, IReadOnlyList<int> Shape, ReadOnlyMemory<float> Values);
