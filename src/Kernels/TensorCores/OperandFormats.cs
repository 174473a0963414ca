using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>A format of operands: how float32 becomes it, on hardware and portably, and how a word of it is multiplied.</summary>
internal interface IOperandFormat
{
    /// <inheritdoc cref="ITensorCore.Quads"/>
    static abstract int Quads { get; }

    /// <inheritdoc cref="ITensorCore.Scaled"/>
    static abstract bool Scaled { get; }

    /// <inheritdoc cref="ITensorCore.Operands"/>
    static abstract Word4 Operands(Float4 first, Float4 second, float scale);

    /// <summary><see cref="Operands"/> without instructions of the hardware, to the same bits.</summary>
    static abstract Word4 OperandsPortably(Float4 first, Float4 second, float scale);

    /// <summary>The hardware's product of 16 rows by 8 columns.</summary>
    static abstract Float4 Multiply(Float4 c, Word4 a, uint b0, uint b1);

    /// <summary>The product of two words: of one pair of numbers, or the sum of two.</summary>
    static abstract float Product(uint a, uint b);
}

/// <summary>TF32: float32 with 10 stored bits of mantissa; a word holds one. Tensor cores ignore the 13 bits below.</summary>
internal readonly struct Tf32Format : IOperandFormat
{
    public static int Quads => 1;

    public static bool Scaled => false;

    /// <summary>
    /// Rounds to the nearest TF32 number, halves away from 0; without it, values would be cut off and sums biased. A NaN stays one: by the addition alone the
    /// one that NVIDIA's GPUs make, 0x7fffffff, would become 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Round(uint bits) => (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fffffffu : (bits + 0x1000u) & 0xffffe000u;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Operands(Float4 first, Float4 second, float scale) => new()
    {
        X = TensorInstructions.RoundTf32(first.X),
        Y = TensorInstructions.RoundTf32(first.Y),
        Z = TensorInstructions.RoundTf32(first.Z),
        W = TensorInstructions.RoundTf32(first.W),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 OperandsPortably(Float4 first, Float4 second, float scale) => new()
    {
        X = Round(Interop.FloatAsInt(first.X)),
        Y = Round(Interop.FloatAsInt(first.Y)),
        Z = Round(Interop.FloatAsInt(first.Z)),
        W = Round(Interop.FloatAsInt(first.W)),
    };

    /// <summary>
    /// Numbers that tensor cores round: these cut off below the last bit, and half of it, added before, makes that the nearest. What is not
    /// finite becomes a NaN, as 0 times it is one; the addition alone would make a number of some NaNs.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Raised(Word4 v) => new() { X = Raise(v.X), Y = Raise(v.Y), Z = Raise(v.Z), W = Raise(v.W) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Raise(uint bits) => Interop.FloatAsInt(Interop.IntAsFloat(bits) * 0 + Interop.IntAsFloat(bits + 0x1000u));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Multiply(Float4 c, Word4 a, uint b0, uint b1) => TensorInstructions.MmaTf32(c, a.X, a.Y, a.Z, a.W, b0, b1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Product(uint a, uint b) => Interop.IntAsFloat(a & 0xffffe000u) * Interop.IntAsFloat(b & 0xffffe000u);
}

/// <summary>Half precision (IEEE 754 binary16), scaled; a word holds two.</summary>
internal readonly struct Float16Format : IOperandFormat
{
    public static int Quads => 2;

    public static bool Scaled => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Operands(Float4 first, Float4 second, float scale) => new()
    {
        X = TensorInstructions.PackHalves(first.X * scale, first.Y * scale),
        Y = TensorInstructions.PackHalves(first.Z * scale, first.W * scale),
        Z = TensorInstructions.PackHalves(second.X * scale, second.Y * scale),
        W = TensorInstructions.PackHalves(second.Z * scale, second.W * scale),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 OperandsPortably(Float4 first, Float4 second, float scale) => new()
    {
        X = Pack(first.X * scale, first.Y * scale),
        Y = Pack(first.Z * scale, first.W * scale),
        Z = Pack(second.X * scale, second.Y * scale),
        W = Pack(second.Z * scale, second.W * scale),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Multiply(Float4 c, Word4 a, uint b0, uint b1) => TensorInstructions.MmaF16(c, a.X, a.Y, a.Z, a.W, b0, b1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Product(uint a, uint b) => FromHalf(a & 0xffffu) * FromHalf(b & 0xffffu) + FromHalf(a >> 16) * FromHalf(b >> 16);

    static uint Pack(float low, float high) => ToHalf(low) | (ToHalf(high) << 16);

    /// <summary>To the nearest half, ties to even. Below 2^-14 the sum with 0.5, whose last bit is worth 2^-24, does the rounding.</summary>
    internal static uint ToHalf(float value)
    {
        uint bits = Interop.FloatAsInt(value), magnitude = bits & 0x7fffffffu, sign = (bits >> 16) & 0x8000u;
        uint normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
        uint small = Interop.FloatAsInt(Interop.IntAsFloat(magnitude) + 0.5f) - 0x3f000000u;
        uint half = magnitude > 0x7f800000u ? 0x7e00u : magnitude >= 0x47800000u ? 0x7c00u : magnitude < 0x38800000u ? small : normal;
        return half | sign;
    }

    internal static float FromHalf(uint half)
    {
        uint exponent = half & 0x7c00u, mantissa = half & 0x3ffu;
        float small = mantissa * (1f / 16777216), other = Interop.IntAsFloat(((exponent == 0x7c00u ? 0x3fc00u : exponent + 0x1c000u) | mantissa) << 13);
        float magnitude = exponent == 0 ? small : other;
        return (half & 0x8000u) != 0 ? -magnitude : magnitude;
    }
}
