using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuStyle.CudaEmulator;

/// <summary>Half precision, two numbers in a word.</summary>
internal static class HalfFormat
{
    /// <summary>The bits of the nearest half; a NaN becomes 0x7fff (PTX ISA, cvt).</summary>
    public static uint Of(float value) => float.IsNaN(value) ? 0x7fffu : BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary>The numbers in the lower halves of words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Lower(Vector256<uint> words)
    {
        var magnitude = words & Vector256.Create(0x7fffu);
        // The exponent's bias of 15 becomes one of 127; subnormal halves become normal numbers on the way.
        var value = (magnitude << 13).AsSingle() * Vector256.Create(MathF.ScaleB(1, 112));
        var special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7c00u)) & Vector256.Create(0x7f800000u);
        return (value.AsUInt32() | special | (words & Vector256.Create(0x8000u)) << 16).AsSingle();
    }

    /// <summary>The numbers in the upper halves of words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Upper(Vector256<uint> words) => Lower(words >>> 16);
}

/// <summary>TF32: a float32 whose lower 13 bits are not looked at.</summary>
internal static class Tf32Format
{
    public const uint Mask = 0xffffe000;

    public static uint Round(float value) =>
        float.IsNaN(value) ? CanonicalNaN.Bits : BitConverter.SingleToUInt32Bits(value) + 0x1000 & Mask;
}
