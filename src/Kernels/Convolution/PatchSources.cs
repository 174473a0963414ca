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

    /// <summary>A quad of channels of a position whose values lie at <paramref name="at"/> and whose square's gradient lies at <paramref name="square"/>.</summary>
    static abstract Float4 Read(ArrayView<Float4> input, ArrayView<Float4> pooled, long at, long square);
}

/// <summary>The input itself.</summary>
internal readonly struct PlainSource : IPatchSource
{
    public static bool Spreads => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Read(ArrayView<Float4> input, ArrayView<Float4> pooled, long at, long square) => input[at];
}

/// <summary>The gradient of an average pooling: a quarter of the square's, wherever the input is positive.</summary>
internal readonly struct AverageSource : IPatchSource
{
    public static bool Spreads => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Read(ArrayView<Float4> input, ArrayView<Float4> pooled, long at, long square)
    {
        Float4 g = pooled[square];
        g = new() { X = 0.25f * g.X, Y = 0.25f * g.Y, Z = 0.25f * g.Z, W = 0.25f * g.W };
        Float4.Mask(ref g, input[at]);
        return g;
    }
}
