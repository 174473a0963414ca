using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>What a convolution on tensor cores takes for its input. A type argument, for ILGPU to fold.</summary>
internal interface IPatchSource
{
    /// <summary>
    /// Whether the input is what was average-pooled, a ReLU's output, and the pooling's gradient is taken instead: what
    /// <see cref="IlgpuPooling"/> would write.
    /// </summary>
    static abstract bool Spreads { get; }

    /// <summary>What sums are multiplied by, a power of two: what would be the same for each quad.</summary>
    static abstract float Factor { get; }

    /// <summary>Reads what a quad of a position is made of: its values, and its square's gradient.</summary>
    static abstract SourceQuad Read(ArrayView<Float4> values, ArrayView<Float4> gradients, int quad);

    /// <summary>The quad. Apart from reading, for nothing to wait for what is read before it is there.</summary>
    static abstract Float4 Value(SourceQuad read);
}

/// <summary>What was read for a quad.</summary>
internal struct SourceQuad
{
    public Float4 Input, Gradient;
}

/// <summary>The input itself.</summary>
internal readonly struct PlainSource : IPatchSource
{
    public static bool Spreads => false;

    public static float Factor => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SourceQuad Read(ArrayView<Float4> values, ArrayView<Float4> gradients, int quad) => new() { Input = values[quad] };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Value(SourceQuad read) => read.Input;
}

/// <summary>The gradient of an average pooling, four times: the square's, wherever the input is positive.</summary>
internal readonly struct AverageSource : IPatchSource
{
    public static bool Spreads => true;

    public static float Factor => 0.25f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SourceQuad Read(ArrayView<Float4> values, ArrayView<Float4> gradients, int quad) =>
        new() { Input = values[quad], Gradient = gradients[quad] };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Value(SourceQuad read)
    {
        Float4 g = read.Gradient;
        Float4.Mask(ref g, read.Input);
        return g;
    }
}
